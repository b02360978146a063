/*
 * What happens elsewhere, as server-sent events. They are hints: whoever hears one reads the page's parts anew.
 * One tab of a browser, the bell's holder, always listens and makes the sounds; the others let go while hidden, since
 * a browser opens only a handful of connections to one server.
 */

const CALM_MS = 1500; // shorter interruptions are not worth a line on the screen
const HIDDEN_MS = 60_000;
const RETRY_MS = 5000;
const EVERY_MS = 2500; // a busy desk hints many times a second

const heard = new EventTarget();
const line = document.getElementById("line");
const conversation = document.body.dataset.conversation;
let source = null, interrupted = false, calm = 0, hiding = 0;
let hasBell = !navigator.locks;

/** Calls `run` with the data of each event of this name. `back` is ours: the line was cut, and is there again. */
export const on = (name, run) => heard.addEventListener(name, (event) => run(event.detail));

export const holdsBell = () => hasBell;

/** `run` as a function that runs it now, or, having done so lately, once a little later, however often it is called. */
export function calmly(run) {
  let running = false, again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await run().catch(() => {});
      await new Promise((done) => setTimeout(done, EVERY_MS));
    }
    running = false;
  };
}

function tell(name, detail = {}) {
  heard.dispatchEvent(new CustomEvent(name, { detail }));
}

function connect() {
  source?.close();
  source = new EventSource(`/desk/events${conversation ? `?conversation=${conversation}` : ""}`);
  source.onopen = restored;
  source.onerror = cut;
  for (const name of ["inbox", "conversation", "typing", "alert", "assigned", "signed-out"]) {
    source.addEventListener(name, (event) => tell(name, JSON.parse(event.data || "{}")));
  }
}

function restored() {
  clearTimeout(calm);
  calm = 0;
  line.hidden = true;
  if (interrupted) tell("back");
  interrupted = false;
}

function cut() {
  interrupted = true;
  calm ||= setTimeout(() => (line.hidden = false), CALM_MS);
  if (source?.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS * (0.75 + Math.random() / 2));
}

/** The line seems dead though nobody has said so: begin again. */
export function reconnect() {
  cut();
  connect();
}

function leave() {
  if (hasBell) return;
  source?.close();
  source = null;
  interrupted = true;
}

function visibility() {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(leave, HIDDEN_MS);
  else if (!source) connect();
}

function askForTheBell() {
  navigator.locks?.request("desk.bell", () => {
    hasBell = true;
    if (!source) connect();
    return new Promise(() => {}); // held until the tab goes
  });
}

export function listen() {
  connect();
  askForTheBell();
  document.addEventListener("visibilitychange", visibility);
  addEventListener("online", reconnect);
}
