// Time: the chosen time appears in the summary, another time zone is named, and times that were taken
// while the page was away are crossed out when it comes back.
const form = document.getElementById("step-form");
const zone = document.querySelector(".slots-zone");
const each = (name, change) => document.querySelectorAll(`[data-summary-${name}]`).forEach(change);

function draw() {
  const chosen = form.querySelector(".time-input:checked");
  each("when-row", (place) => { place.hidden = !chosen; });
  each("when", (place) => { place.textContent = chosen ? chosen.dataset.when : ""; });
}

async function look() {
  if (document.hidden || !form.querySelector(".time-input")) return;
  const answer = await fetch(form.dataset.slots, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const free = new Set((await answer.json()).slots.map((slot) => slot.start));
  for (const input of form.querySelectorAll(".time-input")) {
    input.disabled = !free.has(input.value);
    if (input.disabled && input.checked) input.checked = false;
  }
  draw();
}

form.addEventListener("change", draw);
addEventListener("pageshow", (event) => { draw(); if (event.persisted) look().catch(() => {}); });
document.addEventListener("visibilitychange", () => look().catch(() => {}));

// A date picked leads there at once; one typed waits for Enter or Go, so that it can be typed to its end.
const jump = document.querySelector(".week-jump");
const picker = jump.querySelector(".week-date");
picker.addEventListener("keydown", () => jump.classList.add("is-typed"));
picker.addEventListener("change", () => {
  if (!jump.classList.contains("is-typed") && picker.checkValidity()) jump.requestSubmit();
});

const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && mine && mine !== zone.dataset.zone) {
  zone.textContent = `${zone.textContent.replace(/\.$/, "")}, not in yours (${mine.replace(/.*\//, "").replaceAll("_", " ")}).`;
  zone.classList.add("is-foreign");
}
