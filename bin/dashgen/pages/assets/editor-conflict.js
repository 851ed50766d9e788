// Asks what shall become of a canvas that was changed elsewhere while something here is not saved.

import { byId, once } from "./forms.js";
import { canvasUrl } from "./looks.js";

const TITLE_LIMIT = 80;
const COPY = " (copy)";
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export class Conflict {
  #other = null;

  /** @param {Record<string, (other: object) => Promise<void>>} choices what each button does with the other state */
  constructor(choices) {
    for (const [name, choose] of Object.entries(choices)) {
      const pressed = byId(`conflict-${name}`);
      pressed.addEventListener("click", () => once(pressed, () => choose(this.#other)));
    }
  }

  get isOpen() {
    return this.#other !== null;
  }

  /** Shows that there is another state, and asks. */
  ask(other) {
    this.#other = other;
    byId("conflict-time").textContent = TIME.format(new Date(other.updated_at * 1000));
    byId("conflict-look").href = canvasUrl(other);
    byId("editor-conflict").hidden = false;
  }

  /** Somebody has chosen, or is gone. */
  end() {
    this.#other = null;
    byId("editor-conflict").hidden = true;
  }
}

/** What a second canvas is called beside one of the same title. */
export function titleOfCopy(title, besides) {
  if (title !== besides || title.trim() === "") return title;
  return [...title].slice(0, TITLE_LIMIT - COPY.length).join("") + COPY;
}
