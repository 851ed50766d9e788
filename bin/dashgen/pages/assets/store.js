// What this site keeps in the browser: every key is listed in the cookie policy.

export const KEYS = Object.freeze({
  consent: "cookie-consent",
  firstRunSeen: "ensemble:first-run-seen",
  pairingToken: "ensemble.pairing_token",
  dashboardToken: "DASHBOARD_TOKEN",
  tokenKept: "ensemble.token_kept",
  theme: "theme",
  visibility: "ensemble.visibility",
  unsaved: "ensemble.unsaved",
});

/** Reads a kept value; null when there is none or storage is switched off. */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Forgets the pairing, that its token is kept, and what was not saved: the next one may be another's. */
export function forgetPairing() {
  for (const key of [KEYS.pairingToken, KEYS.tokenKept, KEYS.unsaved]) remember(key, null);
}

/** Keeps a value; null forgets it. Without storage the page goes on without remembering. */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Nothing depends on it.
  }
}
