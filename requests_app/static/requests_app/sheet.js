// The sheet on which an answer grows: plain text as it comes, rendered by the server at paragraph ends and at the end.
// Nothing is ever rendered here: text goes into text nodes, and markup comes sanitised from our own server.

const RENDER_PAUSE_MS = 400;
const RENDER_REST = 5; // each rendering is of the whole text: the server rests this many times as long as the last took
const SETTLE_TRIES = 5;
const PARAGRAPH_END = /\n[ \t]*\r?\n/;

export class Sheet {
  #root;
  #raw;
  #url;
  #since = ""; // what came after the rendering that is under way was asked for
  #lastCharacters = "";
  #generation = 0; // a rendering of an earlier text must not replace a later one
  #rendering = false;
  #wanted = null;

  constructor(root, template, url) {
    this.#root = root;
    this.#url = url;
    this.#raw = document.createTextNode(template.content.textContent);
    template.content.replaceChildren(this.#raw);
  }

  /** The exact text so far. */
  get text() {
    return this.#raw.data;
  }

  append(text, position) {
    this.#raw.appendData(text);
    this.#since += text;
    this.#tail().append(text);
    this.#root.querySelector("[data-waiting]")?.remove();
    const rendered = !this.#tail().classList.contains("mono");
    if (rendered && PARAGRAPH_END.test(this.#lastCharacters + text)) this.#wish(position);
    this.#lastCharacters = (this.#lastCharacters + text).slice(-80);
  }

  /** What stands on the sheet as long as it is empty. */
  blank(words) {
    const line = this.#root.querySelector("[data-waiting]");
    if (line && words) line.textContent = words;
  }

  reset() {
    this.#generation += 1;
    this.#wanted = null;
    this.#raw.data = this.#since = this.#lastCharacters = "";
    this.#root.querySelector(".prose")?.remove();
    this.#tail().replaceChildren();
  }

  /** The whole text so far, where pieces are not to be had. */
  replace(text, position) {
    if (text === this.text) return;
    if (text.startsWith(this.text)) return this.append(text.slice(this.text.length), position);
    this.reset();
    this.append(text, position);
  }

  /** The end: everything as the server renders it. Should the server be away, the plain text stays. */
  async settle() {
    this.#generation += 1;
    this.#wanted = null;
    for (let attempt = 0; attempt < SETTLE_TRIES; attempt += 1) {
      const html = await this.#fetch(this.#url);
      if (html !== null) {
        this.#root.innerHTML = html;
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
    this.#root.removeAttribute("aria-busy");
  }

  #tail() {
    return this.#root.querySelector("[data-tail]");
  }

  #wish(position) {
    this.#wanted = position;
    if (!this.#rendering) this.#render();
  }

  async #render() {
    this.#rendering = true;
    while (this.#wanted) {
      const generation = this.#generation;
      const until = this.#wanted;
      this.#wanted = null;
      this.#since = "";
      const asked = performance.now();
      const html = await this.#fetch(`${this.#url}?until=${encodeURIComponent(until)}`);
      const took = performance.now() - asked;
      if (html !== null && generation === this.#generation) {
        this.#root.innerHTML = html;
        this.#tail().append(this.#since);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(RENDER_PAUSE_MS, RENDER_REST * took)));
    }
    this.#rendering = false;
  }

  async #fetch(url) {
    try {
      const response = await fetch(url);
      return response.status === 200 ? await response.text() : null;
    } catch {
      return null;
    }
  }
}
