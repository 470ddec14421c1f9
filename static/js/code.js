// The code page: sends the form once six digits are there, even when a phone filled them in before this was loaded, and shows how long
// until a new code may be asked for.
// Without this the button works all the same, and the server says how long to wait.

const form = document.querySelector("[data-code-form]");
const field = form?.querySelector("input[name=code]");
const sendOnceWhole = () => {
  const digits = field.value.normalize("NFKC").replace(/\D/g, "");
  if (digits.length === 6 && !form.dataset.sent) {
    form.dataset.sent = "yes";
    form.requestSubmit();
  }
};
if (field) {
  field.addEventListener("input", sendOnceWhole);
  addEventListener("pageshow", () => { delete form.dataset.sent; });
  // Not on the way back or on a reload: the browser puts the old code there again, and that would cost a try.
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate") sendOnceWhole();
}

const resend = document.querySelector("[data-resend-at]");
if (resend) {
  const wait = resend.querySelector("[data-resend-wait]");
  const button = resend.querySelector("button");
  const drift = Number(resend.dataset.now) * 1000 - Date.now();
  const tick = () => {
    const left = Math.ceil((Number(resend.dataset.resendAt) * 1000 - Date.now() - drift) / 1000);
    wait.hidden = left <= 0;
    button.hidden = left > 0;
    if (left <= 0) return;
    wait.textContent = `You can ask for a new code in 0:${String(Math.min(left, 59)).padStart(2, "0")}`;
    setTimeout(tick, 250);
  };
  tick();
}
