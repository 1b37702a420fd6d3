// Run: search among prompts, count characters, load files, send with Ctrl or Cmd + Enter, and only once.

import { offerFiles } from "./files.js";

const composer = document.querySelector("[data-composer]");
const search = document.querySelector("[data-search]");

function filterChoices() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const item of document.querySelectorAll("[data-words]")) {
    item.hidden = !words.every((word) => item.dataset.words.includes(word));
    found += item.hidden ? 0 : 1;
  }
  document.querySelector("[data-none]").hidden = found > 0;
}

function offerSearch() {
  search.addEventListener("input", filterChoices);
  search.form.addEventListener("submit", (event) => {
    event.preventDefault();
    document.querySelector("[data-words]:not([hidden]) a")?.click();
  });
}

// Code points, as the server counts them, not UTF-16 units.
function countCharacters() {
  for (const counter of composer.querySelectorAll("[data-count]")) {
    const field = document.getElementById(counter.dataset.count);
    const most = Number(counter.dataset.most);
    const show = () => {
      const breaks = document.getElementsByName(`breaks-${field.id.slice(2)}`)[0]?.value;
      const length = [...field.value].length + (breaks === "crlf" ? field.value.split("\n").length - 1 : 0);
      counter.textContent = `${length.toLocaleString("en")} / ${most.toLocaleString("en")}`;
      counter.classList.toggle("count-over", length > most);
    };
    field.addEventListener("input", show);
    show();
  }
}

function sendOnce() {
  const button = composer.querySelector("[data-send]");
  const word = button.querySelector("[data-word]");
  const label = word.textContent;
  let sending = false;
  composer.addEventListener("submit", (event) => {
    if (sending) return event.preventDefault();
    sending = true;
    button.setAttribute("aria-disabled", "true");
    word.textContent = composer.dataset.sending;
  });
  // Back from the request's page: what is sent now is meant as another request.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    sending = false;
    button.removeAttribute("aria-disabled");
    word.textContent = label;
    composer.elements.token.value = crypto.randomUUID?.() ?? ""; // without TLS there is none, and none is needed
  });
}

function sendByKeyboard() {
  if (/Mac|iPhone|iPad/.test(navigator.platform)) composer.querySelector("[data-shortcut]").textContent = "⌘ ↵";
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) composer.requestSubmit();
  });
}

if (search) offerSearch();
if (composer) {
  countCharacters();
  offerFiles(composer);
  sendOnce();
  sendByKeyboard();
  composer.querySelector("[data-problems]")?.focus();
}
