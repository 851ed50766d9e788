// How a canvas looks where its page is not drawn by the server: the same theme and scene as there.

/** The scenes of scenes.svg, in the order in which the server picks from them. */
const SCENES = ["arch", "window", "moon", "curtain", "steps", "leaves"];

/** The class of a theme: our own names look like this, and anything else gets the default. */
export function themeClass(name) {
  return `theme-${/^[a-z]{3,12}$/.test(name ?? "") ? name : "warm"}`;
}

/** Lets an element of the class "scene" show the scene of a canvas. */
export function showScene(scene, canvasId) {
  const number = Number.parseInt(canvasId.slice(-1), 16) || 0;
  const use = scene.querySelector("use");
  const file = use.getAttribute("href").split("#")[0];
  use.setAttribute("href", `${file}#${SCENES[number % SCENES.length]}`);
}

/** The title of a canvas, or one made from its maker's handle where it has none. */
export function titleOf(canvas) {
  if (canvas.title?.trim()) return canvas.title;
  return `${canvas.owner_handle?.trim() || canvas.owner_id}'s canvas`;
}

/** The address of the page of a canvas. */
export function canvasUrl(canvas) {
  return `/canvas/${encodeURIComponent(canvas.id)}.html`;
}
