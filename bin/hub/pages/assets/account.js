// For the pages of an app that does not know the hub: the way back to it, under the name of whoever is signed in.
import { user } from "/.hub/hub.js";

const person = await user({ required: false });
const header = document.querySelector("header > *") ?? document.body;
const link = document.createElement("a");
link.className = "button button-small";
link.href = person ? "/.hub/portal" : "/.hub/sign-in";
link.textContent = person ? person.name : "Hub";
link.title = "To the hub";
header.append(link);
