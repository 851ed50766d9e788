// What the editor edits, and how: pure functions and a history. Nothing here touches the page.

/** Positions are multiples of this, in the units of the stage. */
export const GRID = 16;
/** With Shift, an arrow key goes this many steps of the grid. */
export const LEAP = 4;
const MAX_STEPS = 100;

export function snap(value) {
  return Math.round(value / GRID) * GRID;
}

/** A place on the grid, as near as possible to the wanted one, where a thing of this size can be seen. */
export function placed(wanted, size, stage) {
  return { x: within(wanted.x, stage.width - size.width), y: within(wanted.y, stage.height - size.height) };
}

function within(value, room) {
  const last = Math.max(0, Math.floor(room / GRID) * GRID);
  return Math.min(Math.max(snap(value), 0), last);
}

export function withComponent(state, id, change) {
  return { ...state, components: state.components.map((one) => (one.id === id ? { ...one, ...change } : one)) };
}

export function withProp(state, id, name, value) {
  const component = find(state, id);
  return withComponent(state, id, { props: { ...component.props, [name]: value } });
}

export function without(state, id) {
  return { ...state, components: state.components.filter((one) => one.id !== id) };
}

export function withNew(state, component) {
  return { ...state, components: [...state.components, component] };
}

export function find(state, id) {
  return state.components.find((one) => one.id === id) ?? null;
}

/** A new component where nothing else starts, near the middle of the stage. */
export function newComponent(type, props, state, stage) {
  const place = { x: snap(stage.width * 0.4), y: snap(stage.height * 0.4) };
  const isTaken = () => state.components.some((one) => Math.abs(one.x - place.x) < GRID && Math.abs(one.y - place.y) < GRID);
  for (let tries = 0; isTaken() && tries < 24; tries += 1) {
    place.x = (place.x + 4 * GRID) % snap(stage.width * 0.8);
    place.y = (place.y + 3 * GRID) % snap(stage.height * 0.8);
  }
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  const id = `comp_${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  return { id, type, ...place, props };
}

/** The states that were, so that the last step can be taken back. */
export class History {
  #steps = [];
  #tag = "";

  constructor(state) {
    this.state = state;
  }

  get canUndo() {
    return this.#steps.length > 0;
  }

  /** Goes on to a new state. Steps with the same tag in a row, such as letters typed into one field, are one. */
  push(state, tag = "") {
    if (tag === "" || tag !== this.#tag) this.#steps.push(this.state);
    if (this.#steps.length > MAX_STEPS) this.#steps.shift();
    this.#tag = tag;
    this.state = state;
  }

  undo() {
    this.#tag = "";
    this.state = this.#steps.pop() ?? this.state;
  }
}
