// Follows one request's events over whatever way is open: WebSocket, else server-sent events, else asking again and
// again. Positions are opaque: each event names the place up to which everything has been seen, and a new connection
// goes on from there.

const WAYS = ["socket", "events", "poll"];
const TRIES_PER_WAY = 2;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const SILENCE_MS = 30_000;
const POLL_MS = 1_500;
const GONE = new Set([4401, 4404]);
const POSITION_INVALID = 4400;
const FINAL = new Set(["done", "rejected", "failed", "cancelled", "expired"]);

export class Follower {
  #addresses;
  #position;
  #onEvent;
  #onConnection;
  #onGone;
  #way = 0;
  #failures = 0; // in a row, over all ways
  #close = () => {};
  #timer = 0;
  #silence = 0;
  #ended = false;

  /** addresses: {socket, events, poll}; onConnection(true | false); onGone() when this request is not ours to read. */
  constructor({ addresses, position, onEvent, onConnection, onGone }) {
    this.#addresses = addresses;
    this.#position = position;
    this.#onEvent = onEvent;
    this.#onConnection = onConnection;
    this.#onGone = onGone;
  }

  start() {
    addEventListener("offline", () => this.#onConnection(false));
    addEventListener("online", () => this.afresh());
    addEventListener("pageshow", (event) => event.persisted && this.afresh());
    this.#connect();
  }

  /** Connect again now, by the best way there is. */
  afresh() {
    if (this.#ended) return;
    this.#way = 0;
    this.#failures = 0;
    this.#connect();
  }

  /** Nothing more is wanted: the request is about to be no longer ours to read. */
  stop() {
    this.#end();
  }

  #connect() {
    this.#drop();
    const connections = { socket: () => this.#socket(), events: () => this.#events(), poll: () => this.#poll() };
    connections[WAYS[this.#way]]();
    this.#listenForSilence();
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#close();
    this.#close = () => {};
  }

  #end() {
    this.#ended = true;
    this.#drop();
  }

  // A connection that died without a word looks like a model that thinks: reconnecting costs little and tells.
  #listenForSilence() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#connect(), SILENCE_MS);
  }

  #take(event) {
    this.#failures = 0;
    this.#onConnection(true);
    this.#listenForSilence();
    if (event.position) this.#position = event.position;
    if (event.type === "end") this.#end();
    this.#onEvent(event);
  }

  #failed() {
    this.#drop();
    if (this.#ended) return;
    this.#failures += 1;
    if (this.#failures > 1) this.#onConnection(false);
    if (this.#failures % TRIES_PER_WAY === 0) this.#way = Math.min(this.#way + 1, WAYS.length - 1);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
    this.#timer = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
  }

  #gone() {
    this.#end();
    this.#onGone();
  }

  #startOver() {
    this.#take({ type: "reset" });
    this.#position = "";
    this.#failed();
  }

  #address(name) {
    const address = new URL(this.#addresses[name], location.href);
    if (this.#position) address.searchParams.set("after", this.#position);
    return address;
  }

  #socket() {
    const address = this.#address("socket");
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    let current = true;
    this.#close = () => {
      current = false;
      socket.close();
    };
    socket.onmessage = (message) => current && this.#take(JSON.parse(message.data));
    socket.onclose = ({ code }) => {
      if (!current) return;
      if (GONE.has(code)) this.#gone();
      else if (code === POSITION_INVALID) this.#startOver();
      else this.#failed();
    };
  }

  #events() {
    const source = new EventSource(this.#address("events"));
    this.#close = () => source.close();
    for (const type of ["status", "chunk", "reset", "end"])
      source.addEventListener(type, (message) => this.#take(JSON.parse(message.data)));
    source.onerror = () => this.#failed();
  }

  async #poll() {
    const aborted = new AbortController();
    this.#close = () => aborted.abort();
    try {
      const response = await fetch(this.#addresses.poll, {
        headers: { Accept: "application/json" },
        signal: AbortSignal.any([aborted.signal, AbortSignal.timeout(SILENCE_MS)]),
      });
      if ([401, 403, 404].includes(response.status)) return this.#gone();
      if (!response.ok) throw new Error(`status ${response.status}`);
      this.#takeWhole(await response.json());
    } catch {
      if (!aborted.signal.aborted) this.#failed();
    }
  }

  /** One look at the whole request: its text so far in the place of the text that is shown. */
  #takeWhole(request) {
    const { status, attempt, model, position } = request;
    this.#take({ type: "status", status, attempt, model, position });
    this.#take({ type: "whole", text: request.result ?? request.partial ?? "", position });
    if (FINAL.has(status)) this.#take({ type: "end", status, position, error_code: request.error?.code });
    else this.#timer = setTimeout(() => this.#connect(), POLL_MS);
  }
}
