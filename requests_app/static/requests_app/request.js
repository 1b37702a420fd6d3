// The page of one request: its answer grows, the rest of the page follows.

import { Announcer } from "./announcer.js";
import { offerPassages } from "./citations.js";
import { offerCopies } from "../lintel/copying.js";
import { Follower } from "./follower.js";
import { Reading } from "./reading.js";
import { Sheet } from "./sheet.js";
import { Waiting } from "./waiting.js";

const CHANGES_PAUSE_MS = 250;
const MISSED_END_MS = 400;

const page = document.querySelector("[data-request]");
const part = (name) => page.querySelector(`[data-${name}]`);
const phrases = JSON.parse(document.getElementById("phrases").textContent);
const banner = document.querySelector("[data-offline]");
const announcer = new Announcer(part("log"), part("alert"));
const sheet = new Sheet(part("answer"), part("raw"), page.dataset.answerUrl);
const reading = new Reading(part("follow"));
const waiting = new Waiting({
  address: page.dataset.waitingUrl,
  onPlace: place,
  onChange: () => changed(0),
  say: (sentence) => announcer.say(sentence),
});
const speaks = !page.querySelector(".tail.mono"); // data is not read out piece by piece

let follower = null;
let shown = "";
let changes = 0;
let missedEnd = 0;

// The server renders timeline, facts and buttons; htmx fetches them when something has happened.
function changed(pause = CHANGES_PAUSE_MS) {
  clearTimeout(changes);
  changes = setTimeout(() => document.body.dispatchEvent(new CustomEvent("lintel:changed")), pause);
}

// Only the words change: nothing moves, and a focus stays where it is. Another reason brings or takes a notice.
function place({ reason, title, detail, sheet: words }) {
  const step = page.querySelector("[data-place]");
  if (step?.dataset.place !== reason) return changed(0);
  step.querySelector(".step").textContent = title;
  step.querySelector("p").textContent = detail;
  sheet.blank(words);
}

const handlers = {
  status({ status, attempt, model }) {
    if (status === "pending") waiting.start();
    else waiting.stop();
    const now = `${status} ${attempt} ${model}`;
    if (now === shown) return;
    if (!shown.startsWith(`${status} `)) announcer.say(phrases[status]);
    if (shown || status !== "pending") sheet.blank(phrases[`blank_${status}`]); // at first it says the place already
    shown = now;
    changed();
  },
  chunk({ text, position }) {
    const first = sheet.text === "";
    sheet.append(text, position);
    if (speaks) announcer.hear(text);
    if (first) changed();
    reading.grew();
  },
  whole({ text, position }) {
    sheet.replace(text, position);
    reading.grew();
  },
  reset({ reason }) {
    sheet.reset();
    announcer.finish({ spoken: false });
    announcer.say(phrases[`reset_${reason}`] ?? phrases.reset);
    changed();
  },
  async end({ status }) {
    waiting.stop();
    clearTimeout(missedEnd);
    announcer.finish({ spoken: speaks });
    if (status === "failed" || status === "expired") announcer.warn(phrases[status]);
    else announcer.say(phrases[status]);
    changed(0);
    await sheet.settle();
    reading.ended();
    page.dataset.final = "yes";
  },
};

function connection(there) {
  if (banner.hidden === there) return;
  banner.hidden = there;
  announcer.say(there ? phrases.back : phrases.lost);
}

function follow() {
  follower = new Follower({
    addresses: { socket: page.dataset.socketUrl, events: page.dataset.eventsUrl, poll: page.dataset.pollUrl },
    position: page.dataset.position,
    onEvent: (event) => handlers[event.type]?.(event),
    onConnection: connection,
    onGone: () => {
      announcer.warn(phrases.gone);
      banner.firstElementChild.textContent = phrases.gone;
      banner.hidden = false;
      changed(0); // where it was a log-out, this leads to the log-in
    },
  });
  follower.start();
}

// What was here a moment ago and is not found was deleted: in another tab, by a program.
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status !== 404) return;
  announcer.warn(phrases.deleted);
  banner.hidden = true;
  document.querySelector("[data-deleted]").hidden = false;
});

// Stopping stays on the page: what has come so far goes on being read. Should it fail, the form itself is sent.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-stop]")) return;
  event.preventDefault();
  const body = new FormData(form);
  form.querySelector("button").disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (answer.type !== "opaqueredirect") throw new Error(`${answer.status}`); // a stop that was carried out leads back here
    changed();
  } catch {
    form.submit();
  }
});

// Deleting leaves the page; what comes of it meanwhile would be asked for in vain.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-delete]")) return;
  follower?.stop();
  waiting.stop();
  clearTimeout(changes);
});

// Escape stops, wherever the focus is; the button says so.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  const form = document.querySelector("form[data-stop]");
  if (form && !form.querySelector("button").disabled) form.requestSubmit();
});

// After a swap: the beam shows the new state, a focus that stood on a button that is gone moves on, and where the end has
// come without its event (a request that nobody held yet was stopped), it is fetched.
let stopHadFocus = false;
document.addEventListener("htmx:beforeSwap", () => {
  stopHadFocus = document.activeElement?.id === "stop";
});
document.addEventListener("htmx:afterSettle", () => {
  const { status, final } = document.getElementById("headline").dataset;
  part("beam").dataset.state = status;
  sheet.blank(part("place")?.dataset.sheet);
  clearTimeout(missedEnd);
  if (final === "yes" && page.dataset.final === "no") missedEnd = setTimeout(() => follower.afresh(), MISSED_END_MS);
  if (stopHadFocus && !document.getElementById("stop")) document.getElementById("answer-title").focus();
});

// After rating: what came of it is said, and a focus that stood on a button that is gone returns to the thumbs.
document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  if (detail.target.id !== "feedback" || !detail.successful) return;
  announcer.say(detail.target.querySelector("[data-said]").textContent);
  if (document.activeElement === document.body) document.getElementById("thumb-up").focus();
});

offerPassages(page);
offerCopies(page, () => sheet.text, phrases.copied);
if (page.dataset.final === "no") {
  if (speaks) announcer.catchUp(sheet.text);
  follow();
}
