// The day: arrows walk through times and people, the board opens at the present, and comes back fresh without losing one's place.

const main = document.getElementById("main");
const board = () => document.getElementById("board");
const stops = (lane) => [...lane.querySelectorAll(".appointment, .free")];

// One stop per person for the Tab key; the arrows do the rest.
function settle() {
  board()?.querySelectorAll(".lane").forEach((lane) => {
    const all = stops(lane);
    const current = all.find((one) => one === document.activeElement) ?? all[0];
    all.forEach((one) => { one.tabIndex = one === current ? 0 : -1; });
  });
}

function go(target) {
  if (!target) return;
  stops(target.closest(".lane")).forEach((one) => { one.tabIndex = one === target ? 0 : -1; });
  target.focus();
}

function sideways(lane, from) {
  const top = from.getBoundingClientRect().top;
  return lane && stops(lane).reduce((best, one) => {
    const distance = Math.abs(one.getBoundingClientRect().top - top);
    return !best || distance < best.distance ? { one, distance } : best;
  }, null)?.one;
}

main.addEventListener("keydown", (event) => {
  const here = event.target.closest?.(".appointment, .free");
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
  const lane = here.closest(".lane");
  const all = stops(lane);
  const moves = {
    ArrowDown: () => all[all.indexOf(here) + 1],
    ArrowUp: () => all[all.indexOf(here) - 1],
    Home: () => all[0],
    End: () => all.at(-1),
    ArrowRight: () => sideways(lane.nextElementSibling, here),
    ArrowLeft: () => sideways(lane.previousElementSibling?.closest(".lane"), here),
  };
  if (!moves[event.key]) return;
  event.preventDefault();
  go(moves[event.key]());
});

function arrive() {
  settle();
  const named = location.hash.startsWith("#appointment-");
  const saved = named && document.getElementById(location.hash.slice(1));
  if (saved) return go(saved);
  if (named) document.getElementById("page-title").focus();
  const line = board()?.querySelector(".now-line");
  if (line) board().scrollTop = line.offsetTop - board().clientHeight / 3;
}

let place = null;
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "day" && event.detail.shouldSwap) place = { x: board()?.scrollLeft, y: board()?.scrollTop, id: document.activeElement?.id };
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "day" || !place) return;
  board()?.scrollTo(place.x, place.y);
  settle();
  if (place.id) go(document.getElementById(place.id)?.closest(".appointment, .free"));
  place = null;
});

arrive();
