// Search: says what a search has come to, and that the server cannot be reached while it is waited for.

import { offerCopies } from "../lintel/copying.js";
import { tellTimes } from "../lintel/moments.js";

const page = document.querySelector(".looking");
const said = page.querySelector("[data-said]");
const beam = page.querySelector("[data-beam]");
const banner = document.querySelector("[data-offline]");

function reachable(there) {
  banner.hidden = there && navigator.onLine;
}

document.body.addEventListener("htmx:sendError", () => reachable(false));
document.body.addEventListener("htmx:responseError", () => reachable(false));
document.body.addEventListener("htmx:afterSwap", () => {
  const found = document.getElementById("found");
  reachable(true);
  tellTimes(found);
  if (found.getAttribute("aria-busy")) return;
  beam.dataset.state = found.dataset.status;
  said.textContent = found.dataset.heading;
});

offerCopies(page, () => "", page.dataset.copied);
