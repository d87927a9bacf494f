// The public interface, by relative paths: the page works behind any path prefix.
import { askForKey, key } from "./key.js";
import * as states from "./states.js";

const PASSING = [0, 429, 502, 503, 504];
const LOOK_MS = 1000;

/** What the service answered instead of what was asked; status 0 if it did not answer at all. */
export class Problem extends Error {
  constructor(status, body = {}, seconds = 0) {
    super(body.detail ?? "");
    Object.assign(this, { status, type: body.type ?? "", errors: body.errors ?? [], request: body.request_id, seconds });
  }
}

/** Ask for a path (`asked`: method, body, signal); wait out what passes, telling of it; raises `Problem` or `AbortError`. */
export async function ask(path, asked = {}) {
  for (let waited = false; ; waited = true) {
    try {
      const answer = await askOnce(path, asked);
      // Another path may answer all along: without a model the limits do.
      if (waited) states.passed();
      return answer;
    } catch (problem) {
      if (!PASSING.includes(problem.status)) throw problem;
      states.waiting(problem);
      await again(problem, asked.signal);
    }
  }
}

/** Ask for a path and wait for nothing but a key; raises as `ask` does. */
export async function askOnce(path, asked = {}) {
  for (;;) {
    const sent = key();
    const answer = await send(path, asked, sent);
    if (answer.ok) return answer;
    if (answer.status !== 401 || !(await askForKey(sent))) throw await problemOf(answer);
  }
}

async function send(path, { method, body, signal }, sent) {
  const headers = { ...(sent && { Authorization: `Bearer ${sent}` }), ...(body && { "Content-Type": "application/json" }) };
  try {
    return await fetch(path, { method: method ?? (body ? "POST" : "GET"), headers, body, signal });
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw new Problem(0);
  }
}

async function problemOf(answer) {
  const body = await answer.json().catch(() => ({}));
  return new Problem(answer.status, body, Number(answer.headers.get("Retry-After")) || 0);
}

/** Wait until it is worth asking again: as long as the service said, and until it is ready. */
async function again(problem, signal) {
  if (problem.status === 429) return pause(problem.seconds * 1000 || LOOK_MS, signal);
  for (;;) {
    await pause(LOOK_MS, signal);
    const ready = await send("readyz", { signal }, null).catch(() => null);
    signal?.throwIfAborted();
    if (ready?.ok) return undefined;
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
