import { api, showAccount, user } from "/.hub/hub.js";

const element = (id) => document.getElementById(id);

// Do what was asked for, then show how things are; a refusal is said and changes nothing.
async function change(path, options) {
  try {
    await api(path, options);
    element("problem").hidden = true;
  } catch (error) {
    element("problem").textContent = error.message;
    element("problem").hidden = false;
  }
  await show();
}

async function show() {
  const { lists } = await api("/api/lists");
  element("lists").replaceChildren(...lists.map(draw));
  element("empty").hidden = lists.length > 0;
}

function draw(list) {
  const section = element("list-template").content.cloneNode(true).querySelector("section");
  const done = list.items.filter((item) => item.done_by).length;
  section.setAttribute("aria-label", list.title);
  section.querySelector("h2").textContent = list.title;
  section.querySelector(".badge").textContent = `${done} of ${list.items.length}`;
  const progress = section.querySelector("progress");
  progress.max = Math.max(1, list.items.length);
  progress.value = done;
  progress.setAttribute("aria-label", `Done of ${list.title}`);
  section.querySelector(".steps").replaceChildren(...list.items.map(drawStep));
  const text = section.querySelector(".add input");
  section.querySelector(".add").addEventListener("submit", async (event) => {
    event.preventDefault();
    await change(`/api/lists/${list.id}/items`, { method: "POST", body: { text: text.value } });
    // The list was drawn anew; whoever types steps goes on typing.
    document.querySelector(`[data-list="${list.id}"] .add input`)?.focus();
  });
  section.dataset.list = list.id;
  section.querySelector(".remove").addEventListener("click", () => {
    if (confirm(`Remove the list "${list.title}"?`)) change(`/api/lists/${list.id}`, { method: "DELETE" });
  });
  return section;
}

function drawStep(item) {
  const row = document.createElement("li");
  const label = document.createElement("label");
  const box = document.createElement("input");
  const text = document.createElement("span");
  const who = document.createElement("span");
  box.type = "checkbox";
  box.checked = item.done_by !== "";
  text.textContent = item.text;
  who.className = "hint";
  who.textContent = item.done_by;
  box.addEventListener("change", () => change(`/api/items/${item.id}`, { method: "PUT", body: { done: box.checked } }));
  label.append(box, text, who);
  row.append(label);
  return row;
}

element("new-list").addEventListener("submit", async (event) => {
  event.preventDefault();
  await change("/api/lists", { method: "POST", body: { title: element("title").value } });
  element("title").value = "";
});

const person = await user({ required: true });
element("greeting").textContent = `Hello, ${person.name}`;
showAccount(person);
await show();
