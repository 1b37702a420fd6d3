// Review by keyboard: J and K through the list, A, E and R for the verdict. Without this script all of it is forms.

const STORED = "lintel-review-keys";
const page = document.querySelector("[data-review]");
const toggle = document.querySelector("[data-keys]");

// One letter is easily pressed by accident, and by those who speak to their computer: it can be turned off.
const turnedOff = () => localStorage.getItem(STORED) === "off";
const heed = () => (document.documentElement.dataset.keys = turnedOff() ? "off" : "on");
if (toggle) {
  toggle.checked = !turnedOff();
  toggle.addEventListener("change", () => {
    localStorage.setItem(STORED, toggle.checked ? "on" : "off");
    heed();
  });
}
heed();

const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (typing(event.target)) return inField(event);
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || turnedOff()) return;
  const key = event.key.toLowerCase();
  const control = page.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (control) press(control);
  else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
  else return;
  event.preventDefault();
});

function inField(event) {
  if (event.key === "Escape") event.target.blur();
  else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.querySelector("button").click();
}

function press(control) {
  const panel = control.closest("details");
  if (!panel) return control.click();
  panel.open = true;
  panel.querySelector("[data-field]").focus();
}

function step(by) {
  const lines = [...page.querySelectorAll("[data-line]")];
  const here = lines.indexOf(document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : lines.length - 1) : here + by;
  lines[Math.min(Math.max(next, 0), lines.length - 1)]?.focus();
}

// A panel that a person opens is there to be written in: at once, for the first letter would else be taken for a verdict.
for (const summary of page.querySelectorAll(".verdict summary"))
  summary.addEventListener("click", (event) => {
    if (summary.parentElement.open) return;
    event.preventDefault();
    press(summary);
  });

// A verdict is given once, however often the key is pressed while the next answer is on its way.
let sent = false;
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post" || event.defaultPrevented) return;
  if (sent) event.preventDefault();
  sent = true;
});
addEventListener("pageshow", () => (sent = false));

// What can no longer be taken back does not offer it.
for (const undo of document.querySelectorAll("[data-undo]"))
  setTimeout(() => {
    if (undo.contains(document.activeElement)) document.getElementById("main").focus();
    undo.remove();
  }, undo.dataset.left * 1_000);

// The list catches up by itself; where it cannot, it says so.
const banner = document.querySelector("[data-offline]");
document.body.addEventListener("htmx:sendError", () => (banner.hidden = false));
document.body.addEventListener("htmx:afterRequest", ({ detail }) => detail.successful && (banner.hidden = true));
