import { api, showAccount, user } from "/.hub/hub.js";

const element = (id) => document.getElementById(id);
const fields = ["text", "ground"];
let latest = 0; // answers may overtake one another

async function judge() {
  const number = (latest += 1);
  const query = new URLSearchParams(fields.map((name) => [name, element(name).value]));
  try {
    const verdict = await api(`/api/contrast?${query}`);
    if (number === latest) show(verdict);
  } catch (error) {
    if (number !== latest) return;
    element("problem").textContent = error.message;
    element("problem").hidden = false;
  }
}

function show(verdict) {
  element("problem").hidden = true;
  element("ratio").textContent = `${verdict.ratio.toFixed(2)} : 1`;
  for (const level of ["aa", "aa_large", "aaa"]) {
    element(level).classList.toggle("badge-good", verdict[level]);
    element(level).classList.toggle("badge-bad", !verdict[level]);
  }
  element("advice").hidden = verdict.aa;
  element("readable").textContent = verdict.readable;
  element("sample").style.color = element("text").value;
  element("sample").style.background = element("ground").value;
  for (const name of fields) element(`${name}-picker`).value = full(element(name).value);
}

// A picker takes colours of six digits alone.
function full(colour) {
  const digits = colour.trim().replace("#", "");
  return `#${digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits}`;
}

for (const name of fields) {
  element(name).addEventListener("input", judge);
  element(`${name}-picker`).addEventListener("input", (event) => {
    element(name).value = event.target.value;
    judge();
  });
}
element("form").addEventListener("submit", (event) => event.preventDefault());
element("use").addEventListener("click", () => {
  element("text").value = element("readable").textContent;
  judge();
});

const person = await user({ required: false });
if (person) element("greeting").textContent = `Hello, ${person.name}`;
showAccount(person);
await judge();
