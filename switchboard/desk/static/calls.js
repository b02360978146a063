/* Calls to the server. Whoever is not signed in any more is sent to sign in, and comes back. */

const TIMEOUT_MS = 15_000;
const UNREACHABLE = "The desk can’t be reached. Check your connection and try again.";
const token = document.querySelector('meta[name="csrf"]')?.content || "";

/** A call that was refused (status, and the server's sentence) or didn't arrive (status 0). */
export class CallError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** Whether the same call may well succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const send = (path, body) => {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": token };
  return request(path, { method: "POST", headers, body: JSON.stringify(body) });
};

export const post = async (path, body = {}) => (await send(path, body)).json().catch(() => ({}));

export const postText = async (path, body) => textOf(await send(path, body));

export const getText = async (path) => textOf(await request(path));

const textOf = (response) => response.text().catch(() => { throw new CallError(0, UNREACHABLE); });

export const about = (conversation) => `/desk/api/conversations/${conversation}`;

export const signIn = () => location.assign(`/desk/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);

/** `read` as a function whose calls wait for each other: what is older is never shown over what is newer. */
export function inTurn(read) {
  let last = Promise.resolve();
  return (...given) => (last = last.catch(() => {}).then(() => read(...given)));
}

async function request(path, options = {}) {
  const response = await fetch(path, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw new CallError(0, UNREACHABLE);
  });
  if (response.ok && !response.redirected) return response;
  if (response.status === 401 || response.url.includes("/desk/sign-in")) signIn();
  const said = await response.json().catch(() => ({}));
  throw new CallError(response.status, said.error?.message || "That did not work. Try again.");
}
