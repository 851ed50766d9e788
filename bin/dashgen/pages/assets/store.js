// What this site keeps in the browser: every key is listed in the cookie policy.

export const KEYS = Object.freeze({
  consent: "cookie-consent",
  firstRunSeen: "ensemble:first-run-seen",
  pairingToken: "ensemble.pairing_token",
  dashboardToken: "DASHBOARD_TOKEN",
  tokenKept: "ensemble.token_kept",
  theme: "theme",
  visibility: "ensemble.visibility",
});

/** Reads a kept value; null when there is none or storage is switched off. */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Forgets the pairing, and that its token is kept: the next one is another. */
export function forgetPairing() {
  remember(KEYS.pairingToken, null);
  remember(KEYS.tokenKept, null);
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
