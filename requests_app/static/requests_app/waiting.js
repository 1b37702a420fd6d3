// While a request waits: why, and its place in the queue. Both are looked at often and spoken of seldom.

const POLL_MS = 2_000;
const SPOKEN_MS = 20_000;

export class Waiting {
  #address;
  #onPlace;
  #onChange;
  #say;
  #timer = 0;
  #waits = false;
  #spoken = "";
  #spokenAt = 0;

  /** onPlace({reason, title, detail, sheet}) while it waits; onChange() once it does not; say(sentence). */
  constructor({ address, onPlace, onChange, say }) {
    this.#address = address;
    this.#onPlace = onPlace;
    this.#onChange = onChange;
    this.#say = say;
    document.addEventListener("visibilitychange", () => this.#waits && !document.hidden && this.#look());
  }

  start() {
    if (this.#waits) return;
    this.#waits = true;
    this.#spokenAt = performance.now(); // that it is queued has just been said
    this.#again();
  }

  stop() {
    this.#waits = false;
    clearTimeout(this.#timer);
  }

  #again() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), POLL_MS);
  }

  async #look() {
    if (document.hidden) return; // looks when it is seen again
    try {
      const response = await fetch(this.#address, { signal: AbortSignal.timeout(10_000) });
      if (!this.#waits) return;
      if (response.status === 200) this.#take(await response.json());
      else if (response.status < 500) return this.#over();
    } catch {
      // The follower says that the connection is gone.
    }
    if (this.#waits) this.#again();
  }

  #over() {
    this.stop();
    this.#onChange();
  }

  #take(place) {
    this.#onPlace(place);
    if (place.sheet === this.#spoken || performance.now() - this.#spokenAt < SPOKEN_MS) return;
    this.#spoken = place.sheet;
    this.#spokenAt = performance.now();
    this.#say(place.sheet);
  }
}
