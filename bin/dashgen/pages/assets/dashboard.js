// The state of the server, as far as the token of this browser opens it.

import { ApiError, callAsOperator } from "./api.js";
import { copy, say } from "./forms.js";

const status = document.getElementById("dashboard-status");

function showGate(gate) {
  const panel = document.getElementById("gate");
  panel.hidden = !gate;
  if (!gate) return;
  const badge = document.getElementById("gate-state");
  badge.textContent = gate.is_open ? "Open" : "Closed";
  badge.classList.toggle("badge-good", gate.is_open);
  badge.classList.toggle("badge-bad", !gate.is_open);
  document.getElementById("gate-reason").textContent = gate.reason ?? "";
}

function detail(project) {
  const parts = [];
  if (Number.isFinite(project.completion_percent)) parts.push(`${project.completion_percent} % done`);
  if (project.current_task) parts.push(project.current_task);
  if (project.needs_attention) parts.push("needs attention");
  return parts.join(" · ");
}

function projectItem(project) {
  const item = copy("project-template");
  item.querySelector(".project-name").textContent = project.name ?? project.slug;
  item.querySelector(".project-state").textContent = project.state ?? "unknown";
  item.querySelector(".project-detail").textContent = detail(project);
  return item;
}

function smokeBanner(project) {
  const banner = copy("smoke-template");
  banner.querySelector(".smoke-project").textContent = project.name ?? project.slug;
  const line = banner.querySelector("[role=alert]");
  for (const one of banner.querySelectorAll("[data-result]")) {
    one.addEventListener("click", async () => {
      const notes = banner.querySelector(".smoke-notes").value;
      try {
        await callAsOperator("POST", "/smoke-test-result", { slug: project.slug, result: one.dataset.result, notes });
        await show();
      } catch (problem) {
        if (!(problem instanceof ApiError)) throw problem;
        say(line, problem.message);
      }
    });
  }
  return banner;
}

async function show() {
  let state;
  try {
    state = await callAsOperator("GET", "/state");
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.textContent = problem.message;
    return;
  }
  const projects = state.projects ?? [];
  // Only an operator is told the mode.
  status.textContent = "mode" in state ? "You see all of it." : "You see what visitors see. Pair as an operator to see the rest.";
  showGate(state.gate);
  document.getElementById("smoke-banners").replaceChildren(...projects.filter((one) => one.pending_smoke_test).map(smokeBanner));
  document.getElementById("projects").replaceChildren(...projects.map(projectItem));
  document.getElementById("projects-empty").hidden = projects.length > 0;
}

show();
