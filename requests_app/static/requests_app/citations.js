// A number in an answer: pointing at it or focusing it shows the passage, a click opens its source below. Text goes into
// text nodes alone. Without this file the number is a link to its source, which browsers open by themselves.

const MOST = 600; // characters: the whole stands in the panel
const EDGE_PX = 8;
const AWAY_MS = 200; // to get from the number to the card

const markOf = (event) => (event.target instanceof Element ? event.target.closest("a.mark") : null);
const sourceOf = (mark) => document.getElementById(mark.hash.slice(1));

export function offerPassages(root) {
  const card = document.createElement("div");
  card.className = "passage-card";
  card.id = "passage-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  root.append(card);
  let shown = null;
  let leaving = 0;

  function show(mark) {
    clearTimeout(leaving);
    const words = mark && wordsOf(sourceOf(mark));
    if (!words || mark === shown) return;
    hide();
    shown = mark;
    card.replaceChildren(...words.map(([name, text]) => paragraph(name, text)));
    mark.setAttribute("aria-describedby", card.id);
    card.hidden = false;
    place(card, mark);
  }

  function hide() {
    clearTimeout(leaving);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    card.hidden = true;
  }

  const leave = () => {
    clearTimeout(leaving);
    leaving = setTimeout(hide, AWAY_MS);
  };

  document.addEventListener("pointerover", (event) => {
    if (markOf(event)) show(markOf(event));
    else if (card.contains(event.target)) clearTimeout(leaving);
    else if (shown && shown !== document.activeElement) leave();
  });
  root.addEventListener("focusin", (event) => (markOf(event) ? show(markOf(event)) : hide()));
  root.addEventListener("focusout", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || card.hidden) return;
    event.preventDefault();
    hide();
  }, { capture: true });
  root.addEventListener("click", (event) => {
    const source = markOf(event) && sourceOf(markOf(event));
    if (!source || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    hide();
    open(source);
    history.replaceState(null, "", `#${source.id}`);
  });
}

function open(source) {
  const fold = source.closest("details");
  if (fold) fold.open = true;
  (fold ?? source).scrollIntoView({ block: "nearest" });
  source.focus({ preventScroll: true });
}

function wordsOf(source) {
  const part = (name) => source?.closest(".source").querySelector(name)?.textContent.trim() ?? "";
  const passage = part(".passage");
  const cut = passage.length > MOST ? `${passage.slice(0, MOST)}…` : passage;
  return source ? [["where", part(".where")], ["said", cut]].filter(([, text]) => text) : null;
}

function paragraph(name, text) {
  const made = document.createElement("p");
  made.className = name;
  made.textContent = text;
  return made;
}

function place(card, mark) {
  const at = mark.getBoundingClientRect();
  const room = document.documentElement.clientWidth - card.offsetWidth - EDGE_PX;
  const above = at.top > card.offsetHeight + EDGE_PX;
  card.style.left = `${scrollX + Math.max(EDGE_PX, Math.min(at.left, room))}px`;
  card.style.top = `${scrollY + (above ? at.top - card.offsetHeight - 4 : at.bottom + 4)}px`;
}
