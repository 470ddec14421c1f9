// Automated Messages: variable chips write at the cursor; "Not saved yet" shows while something differs.
const form = document.getElementById("message-form");

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-insert]");
  if (!chip) return;
  const field = document.getElementById(chip.dataset.into);
  field.focus();
  // A link wants a space on both sides, or phones take its neighbours into it.
  const { selectionStart: start, selectionEnd: end, value } = field;
  const before = start > 0 && /\S/.test(value[start - 1]) && chip.dataset.insert.includes("Link") ? " " : "";
  const after = end < value.length && /\S/.test(value[end]) && chip.dataset.insert.includes("Link") ? " " : "";
  field.setRangeText(before + chip.dataset.insert + after, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

form?.addEventListener("input", () => {
  form.querySelector("[data-unsaved]").hidden = false;
});
