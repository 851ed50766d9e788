// The panel that asks for a slot and says what each choice replaces.

import { ApiError, call } from "./api.js";
import { byId, copy, once, say } from "./forms.js";
import { themeClass, titleOf } from "./looks.js";

const dialog = byId("publish-dialog");
const form = byId("publish-form");
const upsell = byId("publish-upsell");

/** How much of the plan is used: "1/3", or the bare number where there is no limit. */
export function countOf(mine) {
  return mine.tier === "pro" ? String(mine.current_published) : `${mine.current_published}/${mine.free_limit}`;
}

/** What is published, by slot. */
export function occupants(mine) {
  return new Map(mine.canvases.filter((one) => one.slot_index !== null).map((one) => [one.slot_index, one]));
}

/** Every slot up to one past the last: with Pro that is the next empty one, else the one Pro would add. */
function slots(mine) {
  const taken = occupants(mine);
  const count = Math.max(mine.free_limit, ...[...taken.keys()].map((slot) => slot + 1)) + 1;
  return Array.from({ length: count }, (_, slot) => ({
    slot,
    occupant: taken.get(slot) ?? null,
    isLocked: mine.tier !== "pro" && slot >= mine.free_limit && !taken.has(slot),
  }));
}

function meaning({ occupant, isLocked }) {
  if (occupant) return `replaces “${titleOf(occupant)}”, which becomes a draft`;
  return isLocked ? "with Pro" : "empty";
}

function choice(option, isChosen) {
  const label = copy("slot-choice-template");
  const input = label.querySelector("input");
  input.value = String(option.slot);
  input.checked = isChosen;
  input.disabled = option.isLocked;
  label.classList.toggle("is-locked", option.isLocked);
  if (option.occupant) label.querySelector(".slot-swatch").classList.add(themeClass(option.occupant.theme));
  label.querySelector(".slot-name").textContent = `Slot ${option.slot + 1}`;
  label.querySelector(".slot-meaning").textContent = meaning(option);
  return label;
}

/**
 * Asks where a draft shall go and publishes it.
 *
 * @param {object} canvas the draft
 * @param {object} mine the maker's canvases and plan
 * @param {string} usual who may see it unless the maker chooses otherwise
 * @param {(slot: number, visibility: string) => void} done is told where it went
 */
export function askWhere(canvas, mine, usual, done) {
  const options = slots(mine);
  const chosen = options.find((one) => !one.occupant && !one.isLocked) ?? options[0];
  form.elements.visibility.value = usual;
  say(byId("publish-error"), "");
  byId("publish-name").textContent = titleOf(canvas);
  byId("publish-count").textContent = countOf(mine);
  upsell.hidden = !options.some((one) => one.isLocked);
  byId("publish-slots").replaceChildren(...options.map((one) => choice(one, one === chosen)));
  const publish = async () => {
    const data = new FormData(form);
    const [slot, visibility] = [Number(data.get("slot")), String(data.get("visibility"))];
    try {
      await call("POST", `/studio/canvas/${canvas.id}/publish`, { slot_index: slot, visibility });
      dialog.close();
      done(slot, visibility);
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      say(byId("publish-error"), problem.message);
      if (problem.status === 402) upsell.hidden = false;
    }
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    once(byId("publish-confirm"), publish);
  };
  dialog.showModal();
  byId("publish-slots").querySelector("input:checked")?.focus();
}

byId("publish-cancel").addEventListener("click", () => dialog.close());
