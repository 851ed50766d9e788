// The dialog that meets a new maker, from its opening to the first canvas.

import { ApiError, call } from "./api.js";
import { KEYS, recall, remember } from "./store.js";

const dialog = document.getElementById("first-run");
const form = document.getElementById("first-run-form");
const terms = document.getElementById("first-run-tos-check");
const submit = document.getElementById("first-run-submit");
const error = document.getElementById("first-run-error");

function say(text) {
  error.textContent = text;
  error.hidden = text === "";
}

function follow() {
  submit.disabled = !terms.checked;
}

function answers() {
  const data = new FormData(form);
  const read = (name) => String(data.get(name) ?? "").trim();
  return { building: read("building"), vibe: read("vibe"), color_scheme: read("color_scheme"), problem: read("problem") };
}

function firstGap() {
  if (!terms.checked) return [terms, "Please accept the terms first."];
  for (const id of ["first-run-handle", "first-run-building"]) {
    const field = document.getElementById(id);
    if (field.value.trim() === "") return [field, "Please fill this in; a word or two will do."];
  }
  return null;
}

async function signUp(handle, given) {
  const account = await call("POST", "/studio/signup", { handle, answers: given, tos_accepted: true });
  remember(KEYS.pairingToken, account.pairing_token);
  return account;
}

async function begin(event) {
  event.preventDefault();
  const gap = firstGap();
  if (gap) {
    say(gap[1]);
    gap[0].focus();
    return;
  }
  say("");
  submit.disabled = true;
  submit.textContent = "Making your canvas…";
  const given = answers();
  const handle = document.getElementById("first-run-handle").value.trim();
  try {
    const account = await signUp(handle, given);
    await call("POST", "/studio/canvas", { signup_context: { handle: account.handle, ...given } });
    remember(KEYS.firstRunSeen, "1");
    location.assign("/studio.html");
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    say(problem.message);
    submit.textContent = "Make my canvas";
    follow();
  }
}

function open() {
  follow();
  dialog.showModal();
  document.getElementById("first-run-handle").focus();
}

terms.addEventListener("change", follow);
form.addEventListener("submit", begin);
// Enter must not slip past a disabled button, and Escape, a click beside it and both buttons close it.
dialog.addEventListener("close", () => remember(KEYS.firstRunSeen, "1"));
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
for (const id of ["first-run-close", "first-run-later"]) {
  document.getElementById(id).addEventListener("click", () => dialog.close());
}
document.getElementById("start")?.addEventListener("click", (event) => {
  if (recall(KEYS.pairingToken)) return;
  event.preventDefault();
  open();
});

// The studio and the server send newcomers to this address.
if (recall(KEYS.firstRunSeen) !== "1" || location.hash === "#first-run") open();
