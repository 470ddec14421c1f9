// Review & Book: starts the session when somebody arrived by a link or the Back button, looks now and then whether the time is still free,
// saves the note, and offers what can be done at 0:00. Without it the page books just the same.
import { startCountdown } from "./countdown.js";

const LOOK_EVERY = 20000;
const PROMPT = 2000;
const PRESS_AGAIN = 8000;
const banner = document.getElementById("countdown");
const form = document.getElementById("confirm-form");
const note = document.getElementById("note");
const noteLeft = document.querySelector("[data-note-left]");
const taken = document.getElementById("taken");
const dialog = document.getElementById("timeout");
const dialogText = dialog.querySelector("[data-timeout-text]");
const keep = dialog.querySelector("[data-timeout-keep]");
const token = form.elements.csrfmiddlewaretoken.value;
const { api, query } = banner.dataset;
let leaving = false;

async function ask(options) {
  const asked = Date.now();
  const url = options ? api : `${api}?${query}`;
  const answer = await fetch(url, { headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token }, ...options });
  if (!answer.ok) throw new Error(`review session: ${answer.status}`);
  const told = await answer.json();
  return { ...told, now: Date.now() - asked < PROMPT ? told.now : null };
}

const post = (body) => ask({ method: "POST", body: JSON.stringify({ selection: query, ...body }) });

function show(answer) {
  if (leaving) return;
  if (answer.booked) { leaving = true; location.reload(); return; }
  taken.hidden = answer.slot === "free";
  keep.hidden = answer.slot !== "free";
  dialogText.textContent = answer.slot === "free"
    ? "Your time is still free right now, but it may be taken by someone else at any moment."
    : "Your time isn't free any more. It's quick to pick a new one.";
  if (countdown.set(answer.state, answer.deadline, answer.now) && dialog.open) dialog.close();
}

// A look that fails says nothing: Confirm asks the server anyway.
const look = () => ask().then(show).catch(() => {});

const countdown = startCountdown(banner, {
  onEnd() {
    if (leaving) return;
    keep.hidden = false;
    dialogText.textContent = "Your time may still be free, or someone else may have taken it.";
    if (!dialog.open) dialog.showModal();
    look();
  },
});

countdown.set(banner.dataset.state, banner.dataset.deadline, banner.dataset.now);
if (banner.dataset.state === "new") post({}).then(show).catch(() => {});

setInterval(() => { if (!document.hidden) look(); }, LOOK_EVERY);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
addEventListener("pageshow", (event) => { if (event.persisted) { leave(false); look(); } });

function countNote() {
  const left = Number(note.dataset.max) - [...note.value].length;
  noteLeft.textContent = left >= 0 ? `${left} characters left.` : `${-left} characters too many.`;
  note.setAttribute("aria-invalid", String(left < 0));
}

note.addEventListener("input", countNote);
note.addEventListener("change", () => {
  if ([...note.value].length > Number(note.dataset.max)) return;
  const data = new FormData(form);
  data.set("do", "note");
  fetch(form.dataset.noteUrl, { method: "POST", body: data, keepalive: true }).catch(() => {});
});
if (note.value) countNote();

function leave(is) {
  leaving = is;
  for (const one of [form, ...document.querySelectorAll("[form=confirm-form]")]) {
    if (is) one.setAttribute("aria-busy", "true");
    else one.removeAttribute("aria-busy");
  }
}

// A second press while the first is on its way does nothing; the server would find the same booking anyway. The first may have been
// stopped by the person or the network, so it may be pressed again after a while.
form.addEventListener("submit", (event) => {
  if (leaving) { event.preventDefault(); return; }
  leave(true);
  setTimeout(() => leave(false), PRESS_AGAIN);
});
