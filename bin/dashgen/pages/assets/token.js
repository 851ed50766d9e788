// The pairing token, on its way to where somebody keeps it: it is the only way back to one's canvases.

import { once } from "./forms.js";
import { KEYS, recall, remember } from "./store.js";

const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const SOON_S = 30 * 24 * 3600;

/** Whether the maker of this browser may not have the token anywhere else yet. */
export function isTokenLoose() {
  return recall(KEYS.pairingToken) !== null && recall(KEYS.tokenKept) !== "1";
}

/** Remembers that the token is kept elsewhere, too. */
export function noteTokenKept() {
  remember(KEYS.tokenKept, "1");
}

/** The day on which a token ends, for a person; from Unix seconds. */
export function dayOf(endsAt) {
  return DATE.format(endsAt * 1000);
}

/** Whether it is time to renew a token that ends then, in Unix seconds. */
export function endsSoon(endsAt) {
  return endsAt - Date.now() / 1000 < SOON_S;
}

/** Takes a new token in place of the one that this browser has; it is kept nowhere else yet. */
export function keepRenewed(token) {
  remember(KEYS.pairingToken, token);
  remember(KEYS.tokenKept, null);
}

/**
 * Lets a button copy the token, and says so. Where the browser allows no copying, the token is shown and selected, so
 * that one key copies it.
 *
 * @param {HTMLElement} button the button
 * @param {HTMLElement} value the element that holds the token
 * @param {HTMLElement} status where it is said
 * @param {() => void} reveal shows that element
 */
export function offerCopy(button, value, status, reveal) {
  const copy = async () => {
    value.textContent = recall(KEYS.pairingToken) ?? "";
    try {
      await navigator.clipboard.writeText(value.textContent);
      status.textContent = "Copied. Paste it where you keep your passwords.";
    } catch {
      // No permission, or no clipboard at all: browsers have one on https alone.
      reveal();
      getSelection().selectAllChildren(value);
      status.textContent = "Here it is, selected: Ctrl+C copies it, ⌘C on a Mac.";
    }
    noteTokenKept();
  };
  button.addEventListener("click", () => once(button, copy));
}
