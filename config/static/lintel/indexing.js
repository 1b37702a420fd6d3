// Documents on their way into the index: each bar moves by itself, and at the end the page shows what came of it.

const SOON_MS = 1_000;
const LATEST_MS = 10_000;
const STATES = "/documents/states";

const said = document.createElement("p");
said.className = "visually-hidden";
said.setAttribute("role", "status");
document.body.append(said);

let wait = SOON_MS;

// A file that has just been uploaded, of which nothing is known yet.
function greet() {
  for (const row of document.querySelectorAll("[data-document]:not(:has([data-indexing]))")) {
    const place = document.createElement("div");
    Object.assign(place.dataset, { indexing: row.dataset.document, moving: "" });
    row.append(place);
  }
}

async function look() {
  greet();
  const moving = [...document.querySelectorAll("[data-indexing][data-moving]")];
  if (!moving.length || document.hidden || !navigator.onLine) return;
  const keys = [...new Set(moving.map((each) => each.dataset.indexing))].slice(0, 100);
  const answer = await get(`${STATES}?${keys.map((key) => `id=${key}`).join("&")}`);
  if (!answer) return;
  let changed = false;
  const ended = new Set();
  for (const now of answer.querySelectorAll("[data-indexing]")) changed = show(now, ended) || changed;
  if (ended.size) said.textContent = [...ended].join(". "); // all at once: of two, the second would silence the first
  wait = changed ? SOON_MS : Math.min(wait * 1.5, LATEST_MS);
}

function show(now, ended) {
  let changed = false;
  for (const before of document.querySelectorAll(`[data-indexing="${now.dataset.indexing}"]`)) {
    if (before.outerHTML === now.outerHTML) continue;
    changed = true;
    const settled = "moving" in before.dataset && !("moving" in now.dataset);
    before.replaceWith(document.importNode(now, true));
    if (settled) ended.add(now.dataset.said);
    if (settled && document.getElementById("knowledge")) showPage();
  }
  return changed;
}

// The text of the file and its passages, which are there now; what is typed in the forms stays.
async function showPage() {
  const page = await get(location.href);
  for (const which of ["#knowledge", "[aria-labelledby=text-title]"]) {
    const [before, now] = [document.querySelector(which), page?.querySelector(which)];
    if (before && now) before.replaceWith(document.importNode(now, true));
  }
}

async function get(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.status === 401) location.reload();
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

async function goOn() {
  await look();
  setTimeout(goOn, wait);
}

addEventListener("online", () => (wait = SOON_MS));
document.addEventListener("visibilitychange", () => (wait = SOON_MS));
new MutationObserver(() => (wait = SOON_MS)).observe(document.getElementById("main"), { childList: true, subtree: true, attributeFilter: ["data-document"] });
goOn();
