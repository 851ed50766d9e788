// The state of the server, as far as the token of this browser opens it.

import { ApiError, callAsOperator } from "./api.js";
import { byId, copy, once, say } from "./forms.js";

const status = byId("dashboard-status");
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const STEPS = [[86_400, "day"], [3_600, "hour"], [60, "minute"]];

function moment(seconds) {
  return MOMENT.format(seconds * 1000);
}

function ago(seconds, now) {
  const past = Math.max(0, now - seconds);
  for (const [size, name] of STEPS) {
    const count = Math.floor(past / size);
    if (count > 0) return `${count} ${name}${count > 1 ? "s" : ""} ago`;
  }
  return "just now";
}

function showFigures(state, isOperator) {
  const figures = [["Active", state.active_count], ["Projects", state.projects.length]];
  if (isOperator) {
    figures.push(["Mode", state.mode], ["Lock", state.lock_held ? (state.lock_holder ?? "held") : "free"]);
    figures.push(["Autopilots", state.autopilots_paused ? "paused" : "ready"]);
  } else {
    figures.push(["Smoke", state.smoke_alert ? "needs a look" : "fine"]);
  }
  byId("figures").replaceChildren(...figures.map(([name, value]) => {
    const made = copy("figure-template");
    made.querySelector("dt").textContent = name;
    made.querySelector("dd").textContent = String(value ?? "–");
    return made;
  }));
}

function showGate(gate) {
  const panel = byId("gate");
  panel.hidden = !gate;
  if (!gate) return;
  const badge = byId("gate-state");
  badge.textContent = gate.is_open ? "Open" : "Closed";
  badge.classList.toggle("badge-good", gate.is_open);
  badge.classList.toggle("badge-bad", !gate.is_open);
  byId("gate-reason").textContent = gate.reason ?? "";
  const since = [gate.since ? `since ${moment(gate.since)}` : "", gate.closed_by ? `by ${gate.closed_by}` : ""];
  byId("gate-since").textContent = since.filter(Boolean).join(", ");
}

function projectItem(project, now) {
  const item = copy("project-template");
  item.querySelector(".project-name").textContent = project.name || project.slug;
  item.querySelector(".project-state").textContent = project.state ?? "unknown";
  item.querySelector(".project-attention").hidden = !project.needs_attention;
  item.querySelector(".project-active").hidden = !project.active;
  const bar = item.querySelector("progress");
  bar.hidden = !Number.isFinite(project.completion_percent);
  bar.value = project.completion_percent ?? 0;
  bar.setAttribute("aria-label", `${project.name || project.slug}: done`);
  const parts = [];
  if (Number.isFinite(project.completion_percent)) parts.push(`${Math.round(project.completion_percent)} % done`);
  if (project.last_heartbeat) parts.push(`seen ${ago(project.last_heartbeat, now)}`);
  if (project.queued_count > 0) parts.push(`${project.queued_count} waiting`);
  item.querySelector(".project-detail").textContent = parts.join(" · ");
  item.querySelector(".project-task").textContent = project.current_task ?? "";
  showLastSmoke(item, project.smoke, now);
  return item;
}

const SMOKE_WORDS = { pass: "Smoke passed", issues: "Smoke incomplete", fail: "Smoke failed" };

function showLastSmoke(item, smoke, now) {
  item.querySelector(".project-smoke").hidden = !smoke;
  item.querySelector(".project-smoke-notes").hidden = !smoke?.notes;
  if (!smoke) return;
  const badge = item.querySelector(".project-smoke-result");
  badge.textContent = SMOKE_WORDS[smoke.result] ?? smoke.result;
  badge.classList.add(smoke.result === "pass" ? "badge-good" : "badge-bad");
  item.querySelector(".project-smoke-at").textContent = ago(smoke.at, now);
  // The first line is the result; the rest is in the run's own evidence.
  item.querySelector(".project-smoke-notes").textContent = (smoke.notes ?? "").split("\n")[0];
}

/** What was typed so far, by project: drawing the banners anew must not lose it. */
function typedNotes() {
  return new Map([...byId("smoke-banners").children].map((one) => [one.dataset.slug, one.querySelector(".smoke-notes").value]));
}

function smokeBanner(project, typed = "") {
  const banner = copy("smoke-template");
  banner.dataset.slug = project.slug;
  banner.querySelector(".smoke-notes").value = typed;
  const name = project.name || project.slug;
  banner.querySelector(".smoke-project").textContent = name;
  const target = project.pending_smoke_test_target;
  banner.querySelector(".smoke-target").textContent = target ? `It waits to go on to ${target}.` : "";
  const line = banner.querySelector("[role=alert]");
  for (const one of banner.querySelectorAll("[data-result]")) {
    one.setAttribute("aria-label", `${one.textContent}: ${name}`);
    one.addEventListener("click", () => once(one, async () => {
      const notes = banner.querySelector(".smoke-notes");
      try {
        await callAsOperator("POST", "/smoke-test-result", { slug: project.slug, result: one.dataset.result, notes: notes.value });
        notes.value = "";
        await show(`Recorded for ${name}: ${one.textContent.toLowerCase()}.`);
        byId("dashboard-retry").focus({ preventScroll: true });
      } catch (problem) {
        if (!(problem instanceof ApiError)) throw problem;
        say(line, problem.message);
      }
    }));
  }
  return banner;
}

function incidentItem(incident) {
  const item = copy("incident-template");
  item.querySelector(".incident-id").textContent = incident.id;
  const state = item.querySelector(".incident-state");
  state.textContent = incident.state;
  state.classList.add(incident.state === "open" ? "badge-bad" : "badge-good");
  item.querySelector(".incident-opened").textContent = Number.isFinite(incident.opened_at) ? moment(incident.opened_at) : String(incident.opened_at ?? "");
  item.querySelector(".incident-rows").textContent = [incident.rows ?? []].flat().join(", ");
  item.querySelector(".incident-culprit").textContent = incident.culprit || "not found yet";
  item.querySelector(".incident-severity").hidden = incident.severity !== "high";
  item.querySelector(".incident-next").textContent = incident.next || "bin/invoke rollback";
  return item;
}

function showIncidents(incidents) {
  byId("incidents").replaceChildren(...incidents.map(incidentItem));
  byId("incidents").hidden = incidents.length === 0;
  byId("incidents-empty").hidden = incidents.length > 0;
}

async function show(done = "") {
  let state;
  try {
    state = await callAsOperator("GET", "/state");
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.textContent = problem.message;
    byId("dashboard-retry").hidden = false;
    return;
  }
  // Only an operator is told the mode.
  const isOperator = "mode" in state;
  const projects = state.projects ?? [];
  const waiting = projects.filter((one) => one.pending_smoke_test);
  status.textContent = done || (isOperator ? `As of ${moment(state.at)}.` : "This is what visitors may know. Pair as an operator to see the rest.");
  byId("dashboard-retry").hidden = false;
  byId("dashboard-pair").hidden = isOperator;
  byId("incidents-section").hidden = !isOperator;
  byId("dashboard-body").hidden = false;
  showFigures({ ...state, projects }, isOperator);
  showGate(state.gate);
  showIncidents(state.incidents ?? []);
  const typed = typedNotes();
  byId("smoke-banners").replaceChildren(...waiting.map((one) => smokeBanner(one, typed.get(one.slug))));
  byId("projects").replaceChildren(...projects.map((one) => projectItem(one, state.at)));
  byId("projects-empty").hidden = projects.length > 0;
}

byId("dashboard-retry").addEventListener("click", () => show());
show();
