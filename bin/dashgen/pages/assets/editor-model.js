// What the editor edits, and how: pure functions and a history. Nothing here touches the page.

/** Positions are multiples of this, in the units of the stage. */
export const GRID = 16;
/** With Shift, an arrow key goes this many steps of the grid. */
export const LEAP = 4;
const MAX_STEPS = 100;

function snap(value) {
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

/** A new component near the middle of the stage, where as few others as possible start. */
export function newComponent(type, props, state, stage) {
  const started = ({ x, y }) => state.components.filter((one) => Math.abs(one.x - x) < GRID && Math.abs(one.y - y) < GRID).length;
  let [best, fewest] = [null, Infinity];
  for (const place of places(stage)) {
    const count = started(place);
    if (count < fewest) [best, fewest] = [place, count];
    if (fewest === 0) break;
  }
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  const id = `comp_${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  return { id, type, ...best, props };
}

/** Where something new may stand: down a slope from the middle, then down the slopes beside it, until it was everywhere. */
function* places({ width, height }) {
  const [across, down] = [4 * GRID, 3 * GRID];
  const columns = Math.max(1, Math.floor((width * 0.8) / across));
  const rows = Math.max(1, Math.floor((height * 0.8) / down));
  for (let slope = 0; slope < columns; slope += 1) {
    for (let step = 0; step < rows; step += 1) {
      const column = (Math.floor(columns / 2) + slope + step) % columns;
      const row = (Math.floor(rows / 2) + step) % rows;
      yield { x: column * across, y: row * down };
    }
  }
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
