// Automated Messages: variable chips write at the cursor; "Not saved yet" shows while something differs.
const form = document.getElementById("message-form");

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-insert]");
  if (!chip) return;
  const field = document.getElementById(chip.dataset.into);
  field.focus();
  field.setRangeText(chip.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

form?.addEventListener("input", () => {
  form.querySelector("[data-unsaved]").hidden = false;
});
