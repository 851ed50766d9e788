// Saves by itself: a little after the last change, never more often than every few seconds, again and
// again when it does not work, and once more when the reader leaves.

const QUIET_MS = 2_000;
const BETWEEN_MS = 5_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** A refusal that may be different next time: no connection, too busy, or a fault of the server. */
export function isPassing(status) {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

export class Autosave {
  #changes = 0;
  #stored = 0;
  #firstChange = 0;
  #lastStart = -BETWEEN_MS;
  #failures = 0;
  #timer = 0;
  #running = null;

  /**
   * @param {(isLeaving: boolean) => Promise<void>} send stores everything as it is now; rejects with an ApiError
   * @param {(state: string, problem: Error | null) => void} show says "unsaved", "saving", "saved", "retrying" or "refused"
   */
  constructor(send, show) {
    this.send = send;
    this.show = show;
  }

  get isDirty() {
    return this.#changes !== this.#stored;
  }

  /** Whether leaving now could lose something that cannot be sent along. */
  get isStuck() {
    return this.isDirty && this.#failures > 0;
  }

  /** Something was edited. */
  changed() {
    const now = performance.now();
    if (!this.isDirty) this.#firstChange = now;
    this.#changes += 1;
    this.#failures = 0;
    this.show("unsaved", null);
    const wanted = Math.min(now + QUIET_MS, this.#firstChange + BETWEEN_MS);
    this.#schedule(Math.max(wanted, this.#lastStart + BETWEEN_MS) - now);
  }

  /** Saves now what is not saved yet. Resolves with whether all of it is. */
  async flush() {
    clearTimeout(this.#timer);
    while (this.#running) await this.#running;
    if (this.isDirty) await this.#run();
    return !this.isDirty;
  }

  /** The page goes away: sends what is not known to be stored, without waiting for the answer. */
  leave() {
    clearTimeout(this.#timer);
    if (this.isDirty) this.send(true).catch(() => {});
  }

  /** Forgets what was not saved. */
  stop() {
    clearTimeout(this.#timer);
    this.#stored = this.#changes;
    this.#failures = 0;
  }

  #schedule(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), wait);
  }

  async #run() {
    this.#running = this.#save();
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  async #save() {
    const version = this.#changes;
    this.#lastStart = performance.now();
    this.show("saving", null);
    try {
      await this.send(false);
    } catch (problem) {
      if (!("status" in problem)) throw problem;
      if (version > this.#stored) this.#failed(problem, version);
      return;
    }
    // What was forgotten meanwhile says nothing of whatever is open by now.
    if (version <= this.#stored) return;
    this.#stored = version;
    this.#failures = 0;
    if (this.isDirty) this.#again();
    else this.show("saved", null);
  }

  /** Something was edited while the answer was on its way; the next save takes it along. */
  #again() {
    this.#firstChange = this.#lastStart;
    this.show("unsaved", null);
    this.#schedule(BETWEEN_MS - (performance.now() - this.#lastStart));
  }

  #failed(problem, version) {
    this.#failures += 1;
    if (isPassing(problem.status)) {
      this.show("retrying", problem);
      this.#schedule(Math.min(FIRST_WAIT_MS * 2 ** (this.#failures - 1), LONGEST_WAIT_MS));
    } else if (version === this.#changes) {
      this.show("refused", problem);
    } else {
      this.#again();
    }
  }
}
