// Times as the clock on this wall shows them. Without this script they stand there in UTC, and say so.
// <time datetime="..." data-moment="short | clock | age">; every <time> tells its whole moment when it is pointed at.

const AGES_MS = 30_000;
const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const ages = new Intl.RelativeTimeFormat("en", { style: "long" }); // stands among words that are English

const ways = {
  clock: (moment) => clock.format(moment),
  age(moment) {
    const seconds = (Date.now() - moment) / 1_000;
    const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? [];
    return unit ? ages.format(-Math.floor(seconds / length), unit) : null; // "just now" stands there already
  },
  short(moment) {
    const now = new Date();
    if (moment.toDateString() === now.toDateString()) return minute.format(moment);
    const date = moment.getFullYear() === now.getFullYear() ? day : dayOfYear;
    return `${date.format(moment)}, ${minute.format(moment)}`;
  },
};

function tell(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) return;
  time.title = whole.format(moment);
  const text = ways[time.dataset.moment]?.(moment);
  if (text && text !== time.textContent) time.textContent = text;
}

/** Show all times inside an element; for those who put new ones into the page. */
export function tellTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) tell(time);
}

tellTimes(document);
document.addEventListener("htmx:load", (event) => tellTimes(event.detail.elt));
setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-moment=age]")) tell(time);
}, AGES_MS);
