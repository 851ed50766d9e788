// What was not known to be saved when its page went away, kept in this browser until it is.

import { ApiError, call } from "./api.js";
import { isPassing } from "./autosave.js";
import { KEYS, recall, remember } from "./store.js";

function kept() {
  try {
    const found = JSON.parse(recall(KEYS.unsaved));
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function keep(all) {
  remember(KEYS.unsaved, all.length > 0 ? JSON.stringify(all) : null);
}

/** Keeps what is on its way: `body` for the canvas `id`, changed on the state that `etag` names, which `was` like this. */
export function keepUnsaved(one) {
  keep([...kept(), one]);
}

/** Forgets it: it is saved, or its maker does not want it any more. */
export function forgetUnsaved(one) {
  const text = JSON.stringify(one);
  keep(kept().filter((each) => JSON.stringify(each) !== text));
}

/**
 * Sends again what was kept. The server stores it where nothing else was stored meanwhile, and knows what it has
 * stored already. Resolves with what it can no longer take.
 */
export async function sendUnsaved() {
  const refused = [];
  for (const one of kept()) {
    try {
      await call("PUT", `/studio/canvas/${one.id}`, one.body, { etag: one.etag });
      forgetUnsaved(one);
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      if (problem.status === 401) throw problem;
      if (!isPassing(problem.status)) refused.push(one);
    }
  }
  return refused;
}

/** Which of these are not in the canvases as they are by now. The others had arrived: nobody need be asked about them. */
export function dropArrived(refused, canvases) {
  return refused.filter((one) => {
    const canvas = canvases.find(({ id }) => id === one.id);
    const isThere = canvas !== undefined && hasArrived(one, canvas);
    if (isThere) forgetUnsaved(one);
    return !isThere;
  });
}

function hasArrived({ body, was = {} }, canvas) {
  const isThere = (name) => body[name] === was[name] || body[name] === canvas[name];
  const [mine, before, now] = [body, was, canvas].map((one) => new Map(one.room_state?.components.map((each) => [each.id, each])));
  return ["title", "description", "theme"].every(isThere)
    && [...mine].every(([id, one]) => has(before.get(id), one) || has(now.get(id), one))
    && [...before.keys()].every((id) => mine.has(id) || !now.has(id));
}

/** Whether a value has all that another one has; the server may add to it. */
function has(value, other) {
  if (other === null || typeof other !== "object") return value === other;
  return Object.entries(other).every(([name, one]) => has(value?.[name], one));
}
