// Operations: each row is fetched by itself, again every ten seconds while somebody looks; one that does not answer says so.
import { offerCopies } from "../lintel/copying.js";

const EVERY_MS = 10_000;
const page = document.querySelector("[data-operations]");
const summary = page.querySelector("[data-summary]");
const looked = page.querySelector("[data-looked]");
const offline = document.querySelector("[data-offline]");
const phrases = JSON.parse(document.getElementById("phrases").textContent);

const rows = () => [...page.querySelectorAll(".check")];

function look() {
  if (document.visibilityState !== "visible") return;
  for (const row of rows()) row.dispatchEvent(new CustomEvent("lintel:look"));
}

function sumUp() {
  const states = new Set(rows().map((row) => row.dataset.state));
  const worst = ["looking", "bad", "warn", "ok", "idle"].find((state) => states.has(state));
  const sentence = phrases[`summary_${worst}`];
  if (summary.textContent !== sentence) summary.textContent = sentence; // said once, not every ten seconds
}

function setOffline(isOffline) {
  offline.hidden = !isOffline;
  page.toggleAttribute("data-stale", isOffline);
}

function say(row, sentence) {
  if (!row.matches(".check")) return; // the sample data, which are there or not
  row.dataset.state = "bad";
  row.removeAttribute("aria-busy");
  row.querySelector("[data-word]").textContent = phrases.bad;
  row.querySelector("[data-says]").textContent = sentence;
  sumUp();
}

document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const row = detail.elt.closest(".check");
  if (!row) return;
  setOffline(false);
  offerCopies(row, () => "", phrases.copied);
  looked.textContent = `${phrases.looked} ${new Date().toLocaleTimeString()}`;
  sumUp();
});
document.body.addEventListener("htmx:timeout", ({ detail }) => say(detail.elt, phrases.timeout));
document.body.addEventListener("htmx:sendError", () => setOffline(true));
document.body.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status !== 401) say(detail.elt, detail.xhr.status === 503 ? phrases.database : phrases.failed);
});

for (const row of rows()) offerCopies(row, () => "", phrases.copied);
document.addEventListener("visibilitychange", look);
setInterval(look, EVERY_MS);
