// What the page of an app needs of the hub: who is signed in, and calls that send JSON and get it.

// A refusal or a failure of the app's interface; `status` is its HTTP status.
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// Call the app's own interface. A body is sent as JSON; the answer is what the JSON says.
export async function api(path, { method = "GET", body } = {}) {
  const options = { method, headers: { accept: "application/json" } };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const said = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, said?.message ?? `The app answers ${answer.status}.`);
  return said;
}

export function signIn() {
  location.assign(`/.hub/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`);
}

// Return who is signed in. Nobody: null where the app is public, else the way to the sign-in.
export async function user({ required }) {
  try {
    return await api("/api/me");
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    if (required) {
      signIn();
      return new Promise(() => {}); // the page is about to be left
    }
    return null;
  }
}

// Fill the header: the name of whoever is signed in, or the way to sign in.
export function showAccount(person) {
  const place = document.getElementById("account");
  const button = document.createElement("button");
  button.className = "button button-small";
  button.type = "button";
  button.textContent = person ? "Sign out" : "Sign in";
  button.addEventListener("click", async () => {
    if (!person) return signIn();
    await api("/.hub/sign-out", { method: "POST" });
    location.assign("/.hub/portal");
  });
  const name = document.createElement("p");
  name.className = "account";
  name.textContent = person?.name ?? "";
  place.replaceChildren(name, button);
}
