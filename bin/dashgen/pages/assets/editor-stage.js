// The stage of the editor: draws the components as the canvas page does, and lets them be moved.

import { byId, copy } from "./forms.js";
import { GRID, LEAP, placed } from "./editor-model.js";
import { showScene, themeClass } from "./looks.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** A press that moves less than this, in pixels of the screen, is a click. */
const SLACK = 4;

export class StageView {
  #pieces = new Map();
  #drag = null;
  #stage = { width: 1920, height: 1080 };
  #isFixed = false;

  /**
   * @param {object} words which types are drawn how: `kinds`, `variants`, `captions`
   * @param {{select: Function, move: Function, remove: Function}} asked what to do when the maker asks for it
   */
  constructor(words, asked) {
    this.words = words;
    this.asked = asked;
    this.element = byId("stage");
  }

  /** Shows a canvas. `isFixed` keeps everything in its place. */
  show(canvas, isFixed) {
    const { width = 1920, height = 1080 } = canvas.room_state.stage ?? {};
    this.#stage = { width, height: Math.min(Math.max(height, width / 3), width * 2) };
    this.#isFixed = isFixed;
    this.#pieces.clear();
    this.element.querySelectorAll(".part").forEach((one) => one.remove());
    this.element.dataset.canvasId = canvas.id;
    this.element.style.aspectRatio = `${this.#stage.width} / ${this.#stage.height}`;
    this.element.style.setProperty("--step", String((100 * GRID) / this.#stage.width));
    showScene(this.element.querySelector(".scene"), canvas.id);
  }

  get isHeld() {
    return this.#drag !== null;
  }

  get size() {
    return this.#stage;
  }

  /** Brings the stage up to date, and keeps the focus where it is. */
  draw(state, selectedId) {
    this.element.className = `stage editor-stage ${themeClass(state.theme)}${this.#isFixed ? " is-fixed" : ""}`;
    const kept = new Set(state.components.map((one) => one.id));
    for (const [id, piece] of this.#pieces) {
      if (kept.has(id)) continue;
      if (this.#drag?.id === id) this.#letGo();
      piece.remove();
      this.#pieces.delete(id);
    }
    for (const component of state.components) this.#drawOne(component, component.id === selectedId);
    const isEmpty = state.components.length === 0;
    byId("stage-empty").hidden = !isEmpty;
    // On a phone the words of an empty stage are where it begins.
    if (isEmpty) this.element.parentElement.scrollLeft = 0;
  }

  focus(id) {
    this.#pieces.get(id)?.focus({ preventScroll: true });
  }

  /** What a component is called here: its kind, and its first words. */
  nameOf(component) {
    const kind = this.kindOf(component);
    const words = this.#caption(component) || (kind === "sprite" ? this.#variant(component, kind) : "");
    const name = this.words.names[component.type] ?? component.type;
    return words ? `${name}: ${shortened(words)}` : name;
  }

  /** Whether anything of it is drawn. */
  kindOf(component) {
    return this.words.kinds[component.type] ?? "unknown";
  }

  #drawOne(component, isSelected) {
    const piece = this.#pieces.get(component.id) ?? this.#make(component.id);
    const kind = this.kindOf(component);
    piece.className = `part part-${kind} piece${component.w > 0 ? " is-sized" : ""}`;
    piece.hidden = component.hidden === true;
    piece.dataset.type = component.type;
    piece.setAttribute("aria-label", this.nameOf(component));
    piece.setAttribute("aria-pressed", String(isSelected));
    const looks = JSON.stringify([kind, component.props]);
    if (piece.looks !== looks) {
      piece.looks = looks;
      piece.replaceChildren(...this.#inside(component, kind));
    }
    this.#place(piece, component);
  }

  #place(piece, { x = 0, y = 0, w = 0, h = 0, z = 0, rotation = 0 }) {
    const { width, height } = this.#stage;
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    const left = Math.min(Math.max(x, 0), width - (w || width * 0.08));
    const top = Math.min(Math.max(y, 0), height - (h || height * 0.08));
    piece.style.left = percent(left, width);
    piece.style.top = percent(top, height);
    piece.style.width = w > 0 ? percent(Math.min(w, width), width) : "";
    piece.style.height = h > 0 ? percent(Math.min(h, height), height) : "";
    piece.style.rotate = rotation ? `${rotation % 360}deg` : "";
    piece.style.zIndex = String(Math.trunc(Math.min(Math.max(z, -999), 999)));
    piece.dataset.x = String(Math.round(x));
    piece.dataset.y = String(Math.round(y));
  }

  #make(id) {
    const piece = copy("piece-template");
    piece.dataset.componentId = id;
    piece.addEventListener("click", () => this.asked.select(id));
    piece.addEventListener("keydown", (event) => this.#key(event, id));
    piece.addEventListener("pointerdown", (event) => this.#press(event, piece, id));
    piece.addEventListener("pointermove", (event) => this.#pull(event));
    piece.addEventListener("pointerup", (event) => this.#drop(event));
    piece.addEventListener("pointercancel", (event) => this.#drop(event));
    this.#pieces.set(id, piece);
    this.element.append(piece);
    return piece;
  }

  #inside(component, kind) {
    const caption = this.#caption(component);
    const variant = this.#variant(component, kind);
    const handle = span("piece-handle", "");
    handle.dataset.testid = "drag-handle";
    if (kind === "sprite") {
      const sprite = copy("sprite-template");
      const use = sprite.querySelector("use");
      use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${variant}`);
      return [sprite, ...(caption ? [span("sprite-label", caption)] : []), handle];
    }
    if (kind === "text") return [span(`text text-${variant}`, caption || "Text"), handle];
    if (kind === "shape") return [span(`shape shape-${variant}`, ""), handle];
    if (kind === "staff") return [span("staff", ""), handle];
    return [span("label", caption || this.words.captions[kind] || component.type), handle];
  }

  #caption({ props = {} }) {
    const first = ["label", "title", "text", "name"].map((name) => props[name]).find((value) => typeof value === "string" && value.trim());
    return first?.trim() ?? "";
  }

  #variant({ props = {} }, kind) {
    const [names, known, fallback] = this.words.variants[kind] ?? [[], [], ""];
    const asked = names.map((name) => props[name]).find((value) => typeof value === "string" && value);
    return known.includes(asked) ? asked : fallback;
  }

  #key(event, id) {
    const arrow = ARROWS[event.key];
    if (this.#isFixed || event.altKey || event.ctrlKey || event.metaKey) return;
    if (arrow) {
      event.preventDefault();
      const step = GRID * (event.shiftKey ? LEAP : 1);
      this.#moveTo(id, { x: this.#at(id).x + arrow[0] * step, y: this.#at(id).y + arrow[1] * step });
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.asked.remove(id);
    } else if (event.key === "Escape" && this.#drag) {
      this.#letGo();
      // It is drawn anew, where it was.
      this.asked.select(id);
    }
  }

  #press(event, piece, id) {
    // One thing at a time, however many fingers there are.
    if (event.button !== 0 || this.#isFixed || this.#drag) return;
    piece.setPointerCapture(event.pointerId);
    const from = { x: event.clientX, y: event.clientY };
    this.#drag = { id, piece, pointerId: event.pointerId, from, start: this.#at(id), isMoving: false };
  }

  #pull(event) {
    const drag = this.#drag;
    if (event.pointerId !== drag?.pointerId) return;
    const across = event.clientX - drag.from.x;
    const down = event.clientY - drag.from.y;
    if (!drag.isMoving && Math.hypot(across, down) < SLACK) return;
    drag.isMoving = true;
    this.element.classList.add("is-dragging");
    drag.piece.classList.add("is-dragged");
    const scale = this.#stage.width / this.element.getBoundingClientRect().width;
    const wanted = { x: drag.start.x + across * scale, y: drag.start.y + down * scale };
    drag.to = placed(wanted, this.#sizeOf(drag.piece), this.#stage);
    drag.piece.style.left = `${(100 * drag.to.x) / this.#stage.width}%`;
    drag.piece.style.top = `${(100 * drag.to.y) / this.#stage.height}%`;
  }

  #drop(event) {
    const drag = this.#drag;
    if (event.pointerId !== drag?.pointerId) return;
    this.#letGo();
    if (drag.isMoving) this.asked.move(drag.id, drag.to);
  }

  /** Ends a drag; where the piece stands by then is for others to say. */
  #letGo() {
    this.element.classList.remove("is-dragging");
    this.#drag.piece.classList.remove("is-dragged");
    this.#drag = null;
  }

  #moveTo(id, wanted) {
    this.asked.move(id, placed(wanted, this.#sizeOf(this.#pieces.get(id)), this.#stage));
  }

  /** Where a piece is seen: what would hang over the edge stands at the edge. */
  #at(id) {
    const piece = this.#pieces.get(id);
    const { width, height } = this.#sizeOf(piece);
    const seen = (value, room) => Math.min(Number(value), Math.max(0, room));
    return { x: seen(piece.dataset.x, this.#stage.width - width), y: seen(piece.dataset.y, this.#stage.height - height) };
  }

  /** How large a piece is now, in the units of the stage. */
  #sizeOf(piece) {
    const scale = this.#stage.width / this.element.getBoundingClientRect().width;
    return { width: piece.offsetWidth * scale, height: piece.offsetHeight * scale };
  }
}

/** The first forty letters of a text; an emoji is one, and never cut in two. */
function shortened(text) {
  const letters = [...text];
  return letters.length > 40 ? `${letters.slice(0, 39).join("")}…` : text;
}

function span(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}
