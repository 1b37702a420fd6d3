// Keeps the newest line in sight while it is wanted: who scrolls up is left alone, and offered the way back.

const CLOSE_PX = 120;

export class Reading {
  #button;
  #pinned = true;
  #growing = false;

  constructor(button) {
    this.#button = button;
    addEventListener("scroll", () => this.#look(), { passive: true });
    button.addEventListener("click", () => {
      this.#pinned = true;
      this.#toEnd();
    });
  }

  /** Call after the text has grown. */
  grew() {
    this.#growing = true;
    if (this.#pinned) this.#toEnd();
    this.#show();
  }

  ended() {
    this.#growing = false;
    this.#show();
  }

  #distance() {
    return this.#button.parentElement.getBoundingClientRect().bottom - innerHeight;
  }

  #look() {
    this.#pinned = this.#distance() < CLOSE_PX;
    this.#show();
  }

  #toEnd() {
    const beyond = this.#distance() + 24;
    if (beyond > 0) scrollBy({ top: beyond, behavior: "instant" });
  }

  #show() {
    this.#button.hidden = !this.#growing || this.#pinned;
  }
}
