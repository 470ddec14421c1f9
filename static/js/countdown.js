// The countdown shows the difference of two moments the server named: its deadline and its clock. It decides nothing (S20, D3).
const LATE = 120;
const SPOKEN = [[300, "5 minutes left to finish booking."], [120, "2 minutes left. You can ask for more time."], [60, "1 minute left to finish booking."], [30, "30 seconds left to finish booking."]];

export function startCountdown(banner, { onEnd }) {
  const words = banner.querySelector("[data-countdown-words]");
  const line = banner.querySelector("progress");
  const more = banner.querySelector("[data-more-time]");
  const spoken = document.getElementById("countdown-spoken");
  let deadline = null;
  let ahead = 0;
  let before = Infinity;
  let clock = banner.querySelector("[data-countdown-clock]");
  let late = false;
  let ended = false;

  const left = () => Math.max(0, Math.ceil((deadline - (Date.now() + ahead)) / 1000));

  function running(seconds) {
    if (!clock) {
      clock = document.createElement("span");
      clock.className = "num";
      clock.setAttribute("role", "timer");
      words.replaceChildren("Finish booking in ", clock);
    }
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds <= LATE && !late) words.replaceChildren("Finish booking in ", clock, ", almost out of time");
    if (seconds > LATE && late) words.replaceChildren("Finish booking in ", clock);
    late = seconds <= LATE;
    banner.classList.toggle("is-late", late);
    more.hidden = !late;
  }

  function end(first) {
    ended = true;
    clock = null;
    words.textContent = "Your review time ran out. We kept your choices.";
    banner.dataset.state = "ended";
    more.hidden = false;
    line.value = 0;
    onEnd(first);
  }

  function speak(seconds) {
    const said = SPOKEN.filter(([at]) => before > at && seconds <= at).pop();
    if (said && before !== Infinity) spoken.textContent = said[1];
    before = seconds;
  }

  function tick() {
    if (deadline === null || ended) return;
    const seconds = left();
    if (seconds === 0) { end(before !== Infinity); return; }
    line.value = seconds;
    running(seconds);
    speak(seconds);
  }

  // What the server says now; whether there is time left. A later deadline (more time, another tab) brings the countdown back.
  // An answer that was long on its way tells the deadline but not the time: then `nowText` is null.
  function set(state, deadlineText, nowText) {
    if (nowText) ahead = Date.parse(nowText) - Date.now();
    if (state === "new" || !deadlineText) return false;
    deadline = Date.parse(deadlineText);
    if (left() > 0) {
      if (ended) { ended = false; before = Infinity; }
      banner.dataset.state = "live";
    }
    tick();
    return !ended;
  }

  setInterval(tick, 250);
  document.addEventListener("visibilitychange", tick);
  addEventListener("pageshow", tick);
  return { set };
}
