import { api, showAccount, user } from "/.hub/hub.js";

const person = await user({ required: true });
showAccount(person);
const { greeting } = await api("/api/greeting");
document.getElementById("greeting").textContent = greeting;
