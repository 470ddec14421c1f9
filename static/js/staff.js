// The staff's shell: toasts, popovers, the poll of everything that changes by itself, forms that send themselves.

const TOAST_MS = 8000;
const POLL_MS = 30000;

// Toasts: the region is filled by the server or by the answer header HX-Trigger: {"toast": {"text", "level"}}. Errors stay until closed.

const region = document.getElementById("toasts");

function watch(toast) {
  const close = toast.querySelector("[data-close]");
  close.hidden = false;
  close.addEventListener("click", () => toast.remove());
  if (toast.classList.contains("toast-error")) return;
  let timer = 0;
  const hold = () => clearTimeout(timer);
  const start = () => { hold(); timer = setTimeout(() => toast.remove(), TOAST_MS); };
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("mouseleave", start);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", start);
  start();
}

// One at a time: the newest takes the place of the one before, so that nothing piles up over the page.
export function say(text, level = "ok", link = null) {
  const template = document.getElementById("toast-template");
  if (!region || !template || !text) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  const words = toast.querySelector("span");
  words.setAttribute("role", level === "error" ? "alert" : "status");
  toast.classList.toggle("toast-error", level === "error");
  region.querySelectorAll("[data-toast]").forEach((older) => older.remove());
  region.append(toast);
  if (link) {
    const way = Object.assign(document.createElement("a"), { href: link.href, textContent: link.text });
    words.after(way);
  }
  // Filled after it is in the page, so that screen readers notice the change.
  requestAnimationFrame(() => { words.textContent = text; });
  watch(toast);
}

const again = () => ({ href: location.href, text: "Load the page again" });

region?.querySelectorAll("[data-toast]").forEach(watch);
document.body.addEventListener("toast", (event) => say(event.detail.text, event.detail.level, event.detail.link));
document.body.addEventListener("htmx:sendError", () => say("There is no connection. Check the network and try again.", "error"));
document.body.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (event.detail.xhr.getResponseHeader("HX-Trigger")?.includes("toast")) return;
  if (event.detail.requestConfig.triggeringEvent?.type === "followups:poll") return;
  if (status === 403) say("You are not allowed to do that, or somebody else signed in here.", "error", again());
  else say("That did not work. Try again in a moment.", "error");
});

// Signed out meanwhile: the answer is the sign-in page. It does not belong into a panel; the way to it and back is offered instead.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const door = document.body.dataset.door;
  if (!door || !event.detail.xhr.responseURL || new URL(event.detail.xhr.responseURL).pathname !== door) return;
  event.detail.shouldSwap = false;
  if (region.querySelector(`a[href^="${door}"]`)) return; // said already
  const back = `${door}?${new URLSearchParams({ next: location.pathname + location.search })}`;
  say("You were signed out, and nothing was changed.", "error", { href: back, text: "Sign in" });
});

// Somebody else signed in, or another business was chosen, in another tab: what comes now belongs to their page, not to this one.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const theirs = event.detail.xhr.getResponseHeader("X-Desk");
  if (!theirs || theirs === document.body.dataset.desk) return;
  event.detail.shouldSwap = false;
  if (region.querySelector(`a[href="${location.href}"]`)) return; // said already
  say("Somebody signed in or changed the business in another tab.", "error", again());
});

// Popovers are <details data-popover>: one open at a time, closed by Esc (focus goes back to its button) and by a press elsewhere.

const open = () => document.querySelectorAll("details[data-popover][open]");
document.addEventListener("click", (event) => {
  open().forEach((one) => { if (!one.contains(event.target)) one.open = false; });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  open().forEach((one) => { one.open = false; one.querySelector("summary").focus(); });
});

// Numbers, panel and day refresh themselves: they listen to this event, which is only sent while somebody looks.

const poll = () => { if (document.visibilityState === "visible") document.body.dispatchEvent(new CustomEvent("followups:poll")); };
setInterval(poll, POLL_MS);
document.addEventListener("visibilitychange", poll);

// A form that is only a choice is sent by the choice; without scripts its button does it.

document.querySelectorAll("[data-submit-on-change]").forEach((form) => {
  form.querySelectorAll("[data-submit]").forEach((button) => { button.hidden = true; });
  form.addEventListener("change", (event) => { if (event.target.value || event.target.tagName === "SELECT") form.requestSubmit(); });
});
