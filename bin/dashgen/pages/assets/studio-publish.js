// The dialog that asks for a slot and says what each choice replaces.

import { ApiError, call } from "./api.js";
import { copy, say } from "./forms.js";

const dialog = document.getElementById("publish-dialog");
const form = document.getElementById("publish-form");
const error = document.getElementById("publish-error");
const upsell = document.getElementById("publish-upsell");

function choices(mine) {
  const taken = new Map();
  for (const canvas of mine.canvases) if (canvas.slot_index !== null) taken.set(canvas.slot_index, canvas);
  const highest = Math.max(-1, ...taken.keys());
  // One slot past the last is offered too: on the free plan the server answers what it would cost.
  const count = Math.max(mine.free_limit, highest + 1) + 1;
  return Array.from({ length: count }, (_, slot) => {
    const title = taken.get(slot)?.title?.trim() || "an untitled canvas";
    if (taken.has(slot)) return [slot, `Slot ${slot + 1}: replaces “${title}”, which becomes a draft`];
    const locked = mine.tier !== "pro" && slot >= mine.free_limit;
    return [slot, locked ? `Slot ${slot + 1}: with Pro` : `Slot ${slot + 1}: empty`];
  });
}

function firstFree(mine) {
  const taken = new Set(mine.canvases.map((canvas) => canvas.slot_index));
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  return mine.tier === "pro" || slot < mine.free_limit ? slot : 0;
}

function choiceLabel([slot, text], chosen) {
  const label = copy("slot-choice-template");
  const input = label.querySelector("input");
  input.value = String(slot);
  input.checked = slot === chosen;
  label.querySelector("span").textContent = text;
  return label;
}

/** Asks where a draft shall go, publishes it, and calls `done` with the slot. */
export function askWhere(canvas, mine, done) {
  say(error, "");
  upsell.hidden = true;
  const chosen = firstFree(mine);
  document.getElementById("publish-slots").replaceChildren(...choices(mine).map((one) => choiceLabel(one, chosen)));
  form.onsubmit = async (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const slot = Number(data.get("slot"));
    try {
      await call("POST", `/studio/canvas/${canvas.id}/publish`, { slot_index: slot, visibility: data.get("visibility") });
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      say(error, problem.message);
      upsell.hidden = problem.status !== 402;
      return;
    }
    dialog.close();
    done(slot);
  };
  dialog.showModal();
}

document.getElementById("publish-cancel").addEventListener("click", () => dialog.close());
