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

/** Keeps what is on its way: `body` for the canvas `id`, changed on the state that `etag` names. */
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
