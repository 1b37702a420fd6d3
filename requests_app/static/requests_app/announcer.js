// Speaks to screen readers: whole sentences into a log, failures as an alert. Never single tokens.

const SENTENCE = /^[\s\S]*?(?:[.!?…:](?=\s)|\n)/;
const MARKS = /[*_`#>|~]+/g;
const KEPT = 40;

export class Announcer {
  #log;
  #alert;
  #unspoken = "";

  constructor(log, alert) {
    this.#log = log;
    this.#alert = alert;
  }

  say(sentence) {
    if (!sentence) return;
    const line = document.createElement("p");
    line.textContent = sentence;
    this.#log.append(line);
    if (this.#log.childElementCount > KEPT) this.#log.firstElementChild.remove();
  }

  warn(sentence) {
    this.#alert.textContent = sentence;
  }

  /** What stands on the page already: only its unfinished sentence is still to be spoken. */
  catchUp(text) {
    this.#sentences(text);
  }

  /** Text of the answer; what is not yet a sentence waits. */
  hear(text) {
    for (const sentence of this.#sentences(text)) this.say(sentence);
  }

  #sentences(text) {
    const finished = [];
    this.#unspoken += text;
    for (let match; (match = SENTENCE.exec(this.#unspoken)); ) {
      this.#unspoken = this.#unspoken.slice(match[0].length);
      finished.push(match[0].replace(MARKS, "").trim());
    }
    return finished;
  }

  /** The end of the text, or of this attempt at it. */
  finish({ spoken = true } = {}) {
    if (spoken) this.say(this.#unspoken.replace(MARKS, "").trim());
    this.#unspoken = "";
  }
}
