// Services: the summary follows what is chosen, the search narrows the list while typing. Without it both work on submit.
const form = document.getElementById("step-form");

if (form) {
  const { currency, locale } = form.dataset;
  const max = Number(form.dataset.max);
  const format = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  const digits = format.resolvedOptions().maximumFractionDigits;
  const money = (minor) => format.format(minor / 10 ** digits);
  const minutes = (total) => [Math.floor(total / 60) && `${Math.floor(total / 60)} h`, (total % 60 || total < 60) && `${total % 60} min`].filter(Boolean).join(" ");
  const each = (name, change) => document.querySelectorAll(`[data-summary-${name}]`).forEach(change);

  const chosen = () => [...form.querySelectorAll(".tick:checked")].map((tick) => {
    const dot = tick.closest("[data-service]").querySelector(".dot:checked");
    const facts = dot ?? tick;
    return { name: tick.dataset.name, variant: dot?.dataset.name, price: Number(facts.dataset.price), minutes: Number(facts.dataset.minutes) };
  });

  function element(tag, name, ...children) {
    const made = document.createElement(tag);
    made.className = name;
    made.append(...children);
    return made;
  }

  function list(lines) {
    return element("ul", "lines", ...lines.map((line) => element("li", "line",
      element("span", "line-name", line.name, ...(line.variant ? [element("span", "line-variant", line.variant)] : [])),
      element("span", "line-facts num", element("span", "line-price", money(line.price)), element("span", "line-time", minutes(line.minutes))))));
  }

  // A ticked service with variants shows what the chosen one costs and takes, any other the least of them.
  function showPicked(service) {
    const dot = service.querySelector(".tick").checked && service.querySelector(".dot:checked");
    const price = service.querySelector("[data-picked-price]");
    const time = service.querySelector("[data-picked-minutes]");
    for (const least of service.querySelectorAll("[data-from]")) least.hidden = Boolean(dot);
    price.hidden = time.hidden = !dot;
    if (!dot) return;
    price.textContent = money(Number(dot.dataset.price));
    time.textContent = minutes(Number(dot.dataset.minutes));
  }

  function draw() {
    const lines = chosen();
    const price = lines.reduce((sum, line) => sum + line.price, 0);
    const time = lines.reduce((sum, line) => sum + line.minutes, 0);
    each("lines", (place) => place.replaceChildren(list(lines)));
    each("empty", (place) => { place.hidden = lines.length > 0; });
    each("total-row", (place) => { place.hidden = lines.length === 0; });
    each("price", (place) => { place.textContent = lines.length ? money(price) : place.closest(".bar") ? "Pick a service to start" : ""; });
    each("minutes", (place) => { place.textContent = minutes(time); });
    each("count", (place) => { place.textContent = lines.length ? `${lines.length} service${lines.length === 1 ? "" : "s"} · ${minutes(time)}` : ""; });
    for (const details of document.querySelectorAll(".bar-details")) details.classList.toggle("is-nothing", lines.length === 0);
    for (const service of form.querySelectorAll("[data-service]:has(.dot)")) showPicked(service);
    for (const tick of form.querySelectorAll(".tick")) tick.setCustomValidity(tick.checked && lines.length > max ? `Up to ${max} services at once.` : "");
  }

  form.addEventListener("change", draw);
  addEventListener("pageshow", draw);

  const search = document.getElementById("q");
  const count = document.querySelector("[data-search-count]");

  function narrow() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const category of form.querySelectorAll("[data-category]")) {
      const title = category.querySelector(".category-name").textContent.toLowerCase();
      let shown = 0;
      for (const service of category.querySelectorAll("[data-service]")) {
        const fits = words.every((word) => service.dataset.words.includes(word) || title.includes(word));
        service.hidden = !fits && !service.querySelector(".tick").checked;
        found += fits;
        shown += !service.hidden;
      }
      category.hidden = shown === 0;
    }
    count.textContent = !words.length ? "" : found ? `${found} service${found === 1 ? "" : "s"} match${found === 1 ? "es" : ""} “${search.value.trim()}”.` : `Nothing matches “${search.value.trim()}”.`;
  }

  // Only a list that is whole can be narrowed here; one the server narrowed is searched by the server.
  if (search && !search.defaultValue) search.addEventListener("input", narrow);
}
