// History: rows that have not ended are asked for again until they have; several are chosen and cancelled, deleted or
// restored at once.

import { offerCopies } from "../lintel/copying.js";
import { tellTimes } from "../lintel/moments.js";

const POLL_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

const page = document.querySelector(".history");
const said = page.querySelector("[data-said]");
const banner = document.querySelector("[data-offline]");
const all = (selector) => [...page.querySelectorAll(selector)];

let timer = 0;
let failures = 0;

// --- live rows

function reachable(there) {
  failures = there ? 0 : failures + 1;
  banner.hidden = there || (failures < 2 && navigator.onLine);
}

function show(html, asked) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html; // rendered and escaped by our own server
  tellTimes(fresh.content);
  for (const id of asked) if (!fresh.content.getElementById(`row-${id}`)) remove(document.getElementById(`row-${id}`));
  const changed = [];
  for (const row of fresh.content.querySelectorAll("tr")) {
    const old = document.getElementById(row.id);
    if (old?.dataset.title === row.dataset.title) {
      move(old, row);
      continue;
    }
    if (replace(old, row)) changed.push(row.dataset.title);
  }
  if (changed.length) said.textContent = `${changed.join(". ")}.`;
}

/** A request that still waits, at another place in the queue: shown, and not worth a word. */
function move(old, row) {
  const place = old.querySelector(".place");
  if (place) place.textContent = row.querySelector(".place").textContent;
}

/** A row in the place of its predecessor, with its choice and the focus that was in it. */
function replace(old, row) {
  if (!old) return false;
  const pick = row.querySelector("[data-pick]");
  if (pick) pick.checked = old.querySelector("[data-pick]")?.checked ?? false;
  const focused = old.contains(document.activeElement) && (document.activeElement.matches("[data-pick]") ? pick : null);
  const link = old.contains(document.activeElement);
  old.replaceWith(row);
  if (link) (focused ?? row.querySelector("a")).focus({ preventScroll: true });
  return true;
}

/** A row that was deleted elsewhere. */
function remove(row) {
  row?.remove();
  if (!page.querySelector("[data-rows] tr")) location.reload(); // the server says what stands on an empty page
}

async function look() {
  const ids = all("[data-unfinished]").map((row) => row.dataset.unfinished);
  if (!ids.length || document.hidden) return;
  try {
    const query = new URLSearchParams(ids.map((id) => ["id", id]));
    const response = await fetch(`${page.dataset.rowsUrl}?${query}`, { signal: AbortSignal.timeout(10_000) });
    if (response.status === 401) return location.reload(); // logged out elsewhere: leads to the log-in
    if (!response.ok) throw new Error(`${response.status}`);
    show(await response.text(), ids);
    reachable(true);
    chosen();
  } catch {
    reachable(false);
  }
  again(Math.min(POLL_MS * 2 ** failures, LONGEST_PAUSE_MS));
}

function again(pause) {
  clearTimeout(timer);
  timer = setTimeout(look, pause);
}

// --- choosing

function chosen() {
  const picks = all("[data-pick]");
  const count = picks.filter((pick) => pick.checked).length;
  const every = page.querySelector("[data-all]");
  const bulk = page.querySelector("[data-bulk]");
  const beam = page.querySelector("[data-beam]");
  if (every) {
    every.checked = count > 0 && count === picks.length;
    every.indeterminate = count > 0 && count < picks.length;
  }
  if (bulk) {
    bulk.toggleAttribute("data-some", count > 0);
    const cancel = bulk.querySelector("[data-cancel]");
    if (cancel) cancel.hidden = !page.querySelector("[data-unfinished] [data-pick]:checked");
    bulk.querySelector("[data-count]").textContent = `${count} ${page.dataset.selected}`;
  }
  if (beam && !all("[data-unfinished]").length) beam.dataset.state = "ready";
}

page.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) for (const pick of all("[data-pick]")) pick.checked = event.target.checked;
  if (event.target.matches("[data-all], [data-pick]")) chosen();
});

// A box is for the space bar: Enter would press the form's first button.
page.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-all], [data-pick]")) event.preventDefault();
});

// --- filters: blank ones stay out of the address, and days are those of this clock

document.addEventListener("htmx:configRequest", (event) => {
  const fields = event.detail.parameters;
  const days = fields.since || fields.until;
  fields.tz = days ? Intl.DateTimeFormat().resolvedOptions().timeZone : "";
  for (const name of Object.keys(fields)) if (fields[name] === "") delete fields[name];
});
for (const problem of ["htmx:sendError", "htmx:responseError", "htmx:timeout"])
  document.addEventListener(problem, () => {
    failures = 1;
    reachable(false);
  });

// --- each time a list has come

function begin() {
  banner.hidden = navigator.onLine;
  failures = 0;
  offerCopies(page, () => "", page.dataset.copied);
  chosen();
  again(POLL_MS);
}

document.addEventListener("htmx:afterSettle", begin);
document.addEventListener("visibilitychange", () => again(0));
addEventListener("online", () => again(0));
addEventListener("pageshow", (event) => event.persisted && again(0));
begin();
