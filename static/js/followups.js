// The Follow-ups panel: arrow keys between tabs, what was open stays open over a refresh, focus goes where the work goes on.
const PANEL = "followups-panel";
const inPanel = (element) => element?.closest?.("#" + PANEL);
const cards = (panel) => [...panel.querySelectorAll("article.card")];
let kept = null;
let pressed = "";

// A button is disabled while its request runs and loses focus by that: it gets it back in the new card. What somebody pressed goes before
// the poll: a poll under way is given up, and none begins meanwhile.
document.addEventListener("htmx:beforeRequest", (event) => {
  const panel = inPanel(event.target);
  if (!panel) return;
  if (event.target === panel) {
    if (panel.querySelector(".htmx-request")) event.preventDefault();
    return;
  }
  window.htmx.trigger(panel, "htmx:abort");
  pressed = event.target.querySelector?.("button")?.id || "";
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.('#followups-panel [role="tab"]');
  if (tab && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
    const tabs = [...tab.parentElement.querySelectorAll('[role="tab"]')];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = step ? tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length] : tabs.at(event.key === "Home" ? 0 : -1);
    event.preventDefault();
    tabs.forEach((each) => each.setAttribute("tabindex", each === next ? "0" : "-1"));
    next.focus();
    next.click();
  } else if (tab && event.key === " ") {
    event.preventDefault();
    tab.click();
  } else if (event.key === "Escape" && inPanel(event.target)) {
    const asking = event.target.closest("details.dismiss[open]");
    if (asking) {
      asking.open = false;
      asking.querySelector("summary").focus();
    } else if (document.getElementById("followups")) {
      document.querySelector("#followups [data-close-panel]").click();
    }
  }
});

// Closing keeps the day and the person that are shown behind the panel.
document.addEventListener("click", (event) => {
  if (!event.target.closest("#followups [data-close-panel]")) return;
  event.preventDefault();
  const page = new URL(location.href);
  page.searchParams.delete("followups");
  page.searchParams.delete("card");
  page.hash = "followups-button";
  location.assign(page);
});

// What scrolls the cards: the aside beside the day, the page elsewhere.
const scroller = () => document.querySelector("#followups") ?? document.scrollingElement;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  const panel = target.id === PANEL || target.id === "followups";
  // MongoDB is away: the panel says it itself. Any other 503 is a whole page, which must not take the place of the panel and its poll.
  if (panel && xhr.status === 503 && xhr.responseText.includes(`id="${PANEL}"`)) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
  if (target.id !== PANEL || !event.detail.shouldSwap) return;
  const active = document.activeElement;
  kept = {
    tab: target.dataset.tab,
    top: scroller().scrollTop,
    open: [...target.querySelectorAll("details[open]")].map((details) => details.id),
    focus: target.contains(active) ? active.id || active.closest("details")?.querySelector("summary").id || "" : "",
    place: cards(target).indexOf(active?.closest("article.card")),
  };
});

document.addEventListener("htmx:afterSettle", (event) => {
  const settled = event.target;
  if (settled.matches?.(".handled") && document.activeElement === document.body) settled.focus({ preventScroll: true });
  const button = pressed && document.activeElement === document.body && document.getElementById(pressed);
  button?.focus?.({ preventScroll: true });
  if (button && document.activeElement === button) pressed = "";
  if (settled.id !== PANEL) return;
  pressed = "";
  if (kept) restore(settled);
  kept = null;
});

function restore(panel) {
  for (const id of kept.open) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
  if (kept.tab === panel.dataset.tab) scroller().scrollTop = kept.top;
  if (!kept.focus) return;
  const same = document.getElementById(kept.focus);
  if (same) same.focus({ preventScroll: true });
  else next(panel, kept.place).focus({ preventScroll: true });
}

// Where the work goes on when the card at this place is gone: the one that took it, the last one, or the empty state.
function next(panel, place) {
  const left = cards(panel);
  const card = left[Math.min(Math.max(place, 0), left.length - 1)];
  return card?.querySelector(".card-name") ?? card ?? panel.querySelector("#followups-empty") ?? panel.querySelector('[aria-selected="true"]');
}

// The panel was opened: at the card that the address names, or at its heading.
let opened = false;
document.addEventListener("htmx:load", (event) => {
  if (opened || event.detail.elt.id !== PANEL || event.detail.elt.parentElement?.id !== "followups") return;
  opened = true;
  if (showCard() || document.activeElement !== document.body) return;
  event.detail.elt.querySelector("#followups-title")?.focus({ preventScroll: true });
});

function showCard() {
  const named = new URL(location.href).searchParams.get("card");
  const name = named && document.getElementById(`name-${named}`);
  name?.focus({ preventScroll: true });
  name?.closest("article").scrollIntoView({ block: "center" });
  return Boolean(name);
}

if (document.getElementById(PANEL)) showCard();

// A card is gone: the next one's heading, or the empty state.
document.addEventListener("followups:focus", (event) => {
  document.getElementById(event.detail.id)?.focus();
});
