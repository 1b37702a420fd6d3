// "Load from file": a text file into a long field, by button or by dropping it. The file is read here and goes nowhere.

const MOST_BYTES_PER_CHARACTER = 4;
const WITHOUT_LIMIT = 2 * 1024 * 1024; // what a form may carry

const count = (text) => [...text].length.toLocaleString("en");
const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

class NotText extends Error {}

/** The text of a file's bytes; UTF-8, or UTF-16 that says so. Raises NotText. */
function decode(bytes) {
  const [a, b] = bytes;
  const encoding = a === 0xff && b === 0xfe ? "utf-16le" : a === 0xfe && b === 0xff ? "utf-16be" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (text.includes("\0")) throw new NotText();
    return text;
  } catch {
    throw new NotText();
  }
}

class FileField {
  #root;
  #field;
  #breaks;
  #note;
  #words;
  #most;

  constructor(root, words) {
    this.#root = root;
    this.#words = words;
    this.#field = root.querySelector("textarea");
    this.#breaks = root.querySelector("[data-breaks]");
    this.#note = root.querySelector("[data-note]");
    this.#most = Number(root.dataset.file) || Infinity;
    const input = root.querySelector("[data-file-input]");
    root.querySelector("[data-file-button]").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.load(input.files);
      input.value = ""; // the same file may be chosen again
    });
  }

  async load(files) {
    if (files.length !== 1) return this.#say(this.#words.one, {}, true);
    const [file] = files;
    const most = this.#most === Infinity ? WITHOUT_LIMIT : this.#most * MOST_BYTES_PER_CHARACTER + 3;
    try {
      if (file.size > most) return this.#tooLong(file, "");
      const text = decode(new Uint8Array(await file.arrayBuffer()));
      if ([...text].length > this.#most) return this.#tooLong(file, count(text));
      this.#put(file, text);
    } catch (problem) {
      this.#say(problem instanceof NotText ? this.#words.binary : this.#words.unreadable, { name: file.name }, true);
    }
  }

  #tooLong(file, length) {
    const most = (this.#most === Infinity ? WITHOUT_LIMIT : this.#most).toLocaleString("en");
    this.#say(length ? this.#words.long : this.#words.large, { name: file.name, length, most }, true);
  }

  /** In the place of what stood there, which one click brings back. */
  #put(file, text) {
    const before = { text: this.#field.value, breaks: this.#breaks.value };
    this.#set(text, /\r\n/.test(text) && !/(^|[^\r])\n/.test(text) ? "crlf" : "");
    this.#say(this.#words.loaded, { name: file.name, length: count(text) }, false);
    if (before.text) this.#offerUndo(before);
    this.#field.focus();
    this.#field.setSelectionRange(0, 0);
    this.#field.scrollTop = 0;
  }

  #offerUndo(before) {
    const undo = document.createElement("button");
    undo.type = "button";
    undo.className = "button quiet compact";
    undo.textContent = this.#words.undo;
    undo.addEventListener("click", () => {
      this.#set(before.text, before.breaks);
      this.#note.replaceChildren();
      this.#field.focus();
    });
    this.#note.append(" ", undo);
  }

  #set(text, breaks) {
    this.#breaks.value = breaks;
    this.#field.value = text;
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #say(words, values, wrong) {
    this.#note.textContent = fill(words, values);
    this.#note.classList.toggle("wrong", wrong);
  }
}

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

/** Let every long field of a form take files; a file that misses them must not replace the page. */
export function offerFiles(form) {
  const roots = [...form.querySelectorAll("[data-file]")];
  if (!roots.length) return;
  const words = JSON.parse(document.getElementById("file-phrases").textContent);
  const fields = new Map(roots.map((root) => [root, new FileField(root, words)]));
  const over = (root) => roots.forEach((each) => each.classList.toggle("dropping", each === root));
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    const root = event.target.closest?.("[data-file]") ?? null;
    event.dataTransfer.dropEffect = root ? "copy" : "none";
    over(root);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget ?? over(null));
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(null);
    fields.get(event.target.closest?.("[data-file]"))?.load(event.dataTransfer.files);
  });
}
