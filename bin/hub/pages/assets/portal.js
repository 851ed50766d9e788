// Finds tiles while one types; without scripts all of them are shown, and the field is not.
const field = document.getElementById("search");
const tiles = [...document.querySelectorAll(".tile")];
const groups = [...document.querySelectorAll(".tile-group")];
const nothing = document.getElementById("nothing-found");
const enough = 6;

function find() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const tile of tiles) tile.hidden = !words.every((word) => tile.dataset.find.includes(word));
  for (const group of groups) group.hidden = !group.querySelector(".tile:not([hidden])");
  nothing.hidden = tiles.some((tile) => !tile.hidden);
}

if (tiles.length >= enough) {
  field.closest(".hub-search").hidden = false;
  field.addEventListener("input", find);
  field.addEventListener("keydown", (event) => {
    const first = tiles.find((tile) => !tile.hidden);
    if (event.key === "Enter" && field.value && first) first.querySelector("a").click();
  });
}
