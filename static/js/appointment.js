// The appointment form: whoever is free at the time chosen is marked in the list of people.
const person = document.getElementById("id_person");
const availability = document.getElementById("availability");
const names = [...(person?.options ?? [])].map((option) => option.textContent);

function mark() {
  const known = availability.querySelector("[data-free]");
  const free = new Set(known?.dataset.free.split(" ") ?? []);
  [...person.options].forEach((option, place) => {
    option.textContent = names[place] + (option.value && free.has(option.value) ? " · free" : "");
  });
}

if (person && availability) {
  mark();
  new MutationObserver(mark).observe(availability, { childList: true });
}
