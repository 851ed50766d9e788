// The dialog that meets a new maker, from its opening to the first canvas.

import { ApiError, call } from "./api.js";
import { byId, catchFocus, say } from "./forms.js";
import { KEYS, recall, remember } from "./store.js";

const dialog = byId("first-run");
const form = byId("first-run-form");
const terms = byId("first-run-tos-check");
const submit = byId("first-run-submit");
const error = byId("first-run-error");
const submitLabel = submit.textContent;

/** Kept when the account was made but its first canvas was not, so that trying again makes no second one. */
let account = null;

function follow() {
  submit.disabled = !terms.checked;
}

function answers() {
  const data = new FormData(form);
  const read = (name) => String(data.get(name) ?? "").trim();
  return { building: read("building"), vibe: read("vibe"), color_scheme: read("color_scheme"), problem: read("problem") };
}

/** The first field that stands in the way, and what to say about it. */
function firstGap() {
  const handle = byId("first-run-handle");
  if (!/^[a-z0-9][a-z0-9_-]{0,31}$/i.test(handle.value.trim())) {
    return [handle, "Please give a name of letters, digits, - and _; it begins with a letter or a digit."];
  }
  const building = byId("first-run-building");
  if (building.value.trim() === "") return [building, "Please say what you are making; a word or two will do."];
  return terms.checked ? null : [terms, "Please accept the terms first."];
}

async function signUp(handle, given) {
  if (account) return;
  account = await call("POST", "/studio/signup", { handle, answers: given, tos_accepted: true });
  remember(KEYS.pairingToken, account.pairing_token);
  await advance("questions-answered");
}

/** Lets the server know how far this is; where it went on without that, the maker need not care. */
async function advance(step) {
  try {
    await call("POST", "/first-run/advance", { step });
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
  }
}

async function begin(event) {
  event.preventDefault();
  const gap = firstGap();
  if (gap) {
    say(error, gap[1]);
    gap[0].focus();
    return;
  }
  // Somebody signed up in another tab: a second account would take the place of the first, and nobody could go back to that.
  if (account === null && recall(KEYS.pairingToken)) {
    location.assign("/studio.html");
    return;
  }
  say(error, "");
  submit.disabled = true;
  submit.textContent = "Making your canvas…";
  const given = answers();
  try {
    await signUp(byId("first-run-handle").value.trim(), given);
    const canvas = await call("POST", "/studio/canvas", { signup_context: { handle: account.handle, ...given } });
    await advance("canvas-generated");
    remember(KEYS.firstRunSeen, "1");
    location.assign(`/studio.html#${canvas.id}`);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    say(error, problem.message);
    submit.textContent = submitLabel;
    follow();
    catchFocus(submit);
  }
}

function open() {
  follow();
  dialog.showModal();
  byId("first-run-handle").focus();
}

terms.addEventListener("change", follow);
form.addEventListener("submit", begin);
dialog.addEventListener("close", () => remember(KEYS.firstRunSeen, "1"));
// A press that begins on a field and ends beside the dialog is no wish to close it; nor is one on its own edge or bar.
dialog.addEventListener("pointerdown", ({ target, clientX, clientY }) => {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  const isInside = left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
  if (target === dialog && !isInside) dialog.close();
});
for (const id of ["first-run-close", "first-run-later"]) {
  byId(id).addEventListener("click", () => dialog.close());
}
byId("start").addEventListener("click", (event) => {
  if (recall(KEYS.pairingToken)) return;
  event.preventDefault();
  open();
});

// The studio and the server send newcomers to this address.
if (!recall(KEYS.pairingToken) && (recall(KEYS.firstRunSeen) !== "1" || location.hash === "#first-run")) open();
