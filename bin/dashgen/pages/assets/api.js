// Talks to our own server in JSON.

import { KEYS, recall } from "./store.js";

/** A refusal: `status` is the HTTP status (0 without a connection), `body` the JSON that came with it. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body.message || body.error || (status ? `The server answered ${status}.` : "No connection to the server. Please try again."));
    this.status = status;
    this.body = body;
  }
}

/** Calls a route as the maker who is paired with this browser. */
export function call(method, path, body, options) {
  return send(method, path, body, recall(KEYS.pairingToken), options);
}

/** Calls a route as the operator who gave this browser a dashboard token. */
export function callAsOperator(method, path, body) {
  return send(method, path, body, recall(KEYS.dashboardToken));
}

/**
 * Calls a route with a token (or with none). Resolves with the JSON, or null for an empty answer.
 * With `isLeaving` the browser sends it even though the page is going away. With an `etag` it is done on the state of
 * that name alone; on any other it is refused with 412.
 */
export async function send(method, path, body, token, { isLeaving = false, etag = "" } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (etag) headers["If-Match"] = etag;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, credentials: "same-origin", cache: "no-store", keepalive: isLeaving };
  if (body !== undefined) options.body = JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new ApiError(0, {});
  }
  const value = await readJson(answer);
  if (!answer.ok) throw new ApiError(answer.status, value ?? {});
  return value;
}

async function readJson(answer) {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}
