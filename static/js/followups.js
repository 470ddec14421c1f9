// The Follow-ups panel: arrow keys between tabs, what was open stays open over a refresh, focus goes where the work goes on.
const PANEL = "followups-panel";
const inPanel = (element) => element?.closest?.("#" + PANEL);
let kept = null;
let pressed = "";

// A button is disabled while its request runs and loses focus by that: it gets it back in the new card.
document.addEventListener("htmx:beforeRequest", (event) => {
  pressed = inPanel(event.target) ? event.target.querySelector?.("button")?.id || "" : "";
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
  page.hash = "followups-button";
  location.assign(page);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  const panel = target.id === PANEL || target.id === "followups";
  if (panel && xhr.status === 503 && xhr.getResponseHeader("Content-Type")?.startsWith("text/html")) event.detail.shouldSwap = true;
  if (target.id !== PANEL) return;
  kept = {
    open: [...target.querySelectorAll("details[open]")].map((details) => details.id),
    focus: target.contains(document.activeElement) ? document.activeElement.id : "",
  };
});

document.addEventListener("htmx:afterSettle", () => {
  if (pressed && document.activeElement === document.body) document.getElementById(pressed)?.focus({ preventScroll: true });
  pressed = "";
  const panel = document.getElementById(PANEL);
  if (!panel || !kept) return;
  for (const id of kept.open) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
  if (kept.focus) document.getElementById(kept.focus)?.focus({ preventScroll: true });
  kept = null;
});

// The panel was opened: its heading is where reading starts.
let opened = false;
document.addEventListener("htmx:load", (event) => {
  if (opened || event.detail.elt.id !== PANEL || event.detail.elt.parentElement?.id !== "followups") return;
  opened = true;
  if (document.activeElement === document.body) event.detail.elt.querySelector("#followups-title")?.focus({ preventScroll: true });
});

// A card is gone: the next one's heading, or the empty state.
document.addEventListener("followups:focus", (event) => {
  document.getElementById(event.detail.id)?.focus();
});
