/* Times as people say them. The exact time is each element's title, in the reader's own time zone. */

const MINUTE = 60, HOUR = 3600, DAY = 86_400;
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

/** Seconds as a length of time in its largest unit: "45 s", "12 min", "3 h", "2 d". */
export function span(seconds) {
  if (seconds < MINUTE) return `${Math.round(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** "12 min", or in the long style what may stand in a sentence: "12 min ago". */
function ago(at, now, long) {
  const seconds = (now - at) / 1000;
  if (seconds < MINUTE) return long ? "just now" : "now";
  if (seconds < DAY) return span(seconds) + (long ? " ago" : "");
  return (long ? "on " : "") + day.format(at);
}

/** When it is due: in words, and in a colour that says the same. */
function showDue(element, at, now) {
  const seconds = (at - now) / 1000;
  const soon = seconds >= 0 && seconds < 2 * MINUTE;
  element.classList.toggle("soon", soon);
  element.classList.toggle("late", seconds < 0);
  if (seconds < 0) return `Late by ${span(-seconds)}`;
  return soon ? `Due soon: ${span(seconds)}` : `Due in ${span(seconds)}`;
}

function show(element, now) {
  const at = new Date(element.dateTime);
  const words = "due" in element.dataset ? showDue(element, at, now) : "ago" in element.dataset ? ago(at, now, element.dataset.ago === "long") : clock.format(at);
  if (element.textContent !== words) element.textContent = words;
  if (element.title.endsWith("UTC")) element.title = ("due" in element.dataset ? "Promised by " : "") + exact.format(at);
}

export function showTimes(root = document) {
  const now = new Date();
  for (const element of root.querySelectorAll("time[data-ago], time[data-due], time[data-clock]")) show(element, now);
}

/** A line with its date above the first entry of each day. */
export function showDays(list) {
  let last = "";
  for (const old of list.querySelectorAll(".day")) old.remove();
  for (const entry of list.querySelectorAll(".entry")) {
    const date = weekday.format(new Date(entry.dataset.at));
    if (date !== last) entry.before(dayLine(date));
    last = date;
  }
}

function dayLine(date) {
  const line = document.createElement("li");
  line.className = "day";
  line.textContent = date === weekday.format(new Date()) ? "Today" : date;
  return line;
}

export function keepTimes() {
  showTimes();
  setInterval(() => showTimes(), 1000);
}
