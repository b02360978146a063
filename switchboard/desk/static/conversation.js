/* The open conversation: new entries come in as the server renders them, without losing the reader's place. */

import { about, getText, inTurn, post, postText } from "./calls.js";
import { byId } from "./dialogs.js";
import { on } from "./live.js";
import { toast } from "./alerts.js";
import { showDays, showTimes } from "./times.js";

const { conversation } = document.body.dataset;
const parts = `/desk/fragments/conversations/${conversation}`;
const said = byId("said"), entries = byId("entries"), earlier = byId("earlier"), newer = byId("newer"), typing = byId("typing");
const side = byId("side");
const retries = new Map(); // what could not be read -> the timer of the next try
const rendered = new Map(); // id -> HTML as the server sent it, before times were put in words and the composer was used
const PARTS = ["head", "why", "foot"]; // of the page; they depend on who has the conversation, and what is promised
const TYPING_MS = 6000, RETRY_MS = 3000, NEAR = 80;
const AGAIN = 10; // so many messages are read once more: what was understood of them, and their outcome, come later
let read = Number(document.body.dataset.read), typed = 0, heard = "";

/** What is shown of it: `holder`, `agent`'s id, `priority`, and when an answer is `promised`. */
export const held = () => document.querySelector("#head .titles").dataset;

const firstSeq = () => Number(entries.querySelector(".entry")?.dataset.seq || 0);
const lastSeq = () => Number(entries.querySelector(".entry:last-of-type")?.dataset.seq || 0);
const atEnd = () => said.scrollHeight - said.scrollTop - said.clientHeight < NEAR;

export function toEnd() {
  said.scrollTop = said.scrollHeight;
  newer.hidden = true;
}

/** Puts entries in: replaces those that changed, adds those that are new, at the end or before all. Returns the new ones. */
function merge(html, add = "append") {
  const come = document.createElement("template");
  come.innerHTML = html;
  const added = [];
  for (const entry of come.content.querySelectorAll(".entry")) {
    if (rendered.get(entry.id) === entry.outerHTML) continue;
    rendered.set(entry.id, entry.outerHTML);
    const old = byId(entry.id);
    if (old) old.replaceWith(entry);
    else added.push(entry);
  }
  entries[add](...added);
  return added;
}

async function readEarlier() {
  const html = await getText(`${parts}/entries?before=${firstSeq()}`);
  const fromEnd = said.scrollHeight - said.scrollTop;
  merge(html, "prepend");
  showTimes(entries);
  showDays(entries);
  said.scrollTop = said.scrollHeight - fromEnd;
  earlier.hidden = firstSeq() <= 1;
}

export const readEntries = inTurn(async (from = lastSeq() - AGAIN) => {
  const html = await getText(`${parts}/entries?after=${Math.max(0, from)}`);
  const wasAtEnd = atEnd();
  const added = merge(html);
  showTimes(entries);
  showDays(entries);
  if (added.some((entry) => entry.dataset.sender === "customer")) typing.textContent = "";
  document.dispatchEvent(new CustomEvent("desk:entries"));
  if (wasAtEnd) toEnd();
  else newer.hidden = newer.hidden && !added.length;
  markRead();
});

/** Reads the parts that may have changed with the conversation's state. */
export const readState = inTurn(async () => {
  const { view } = document.body.dataset;
  const texts = await Promise.all(PARTS.map((id) => getText(`${parts}/${id}?view=${view}&after=${lastSeq()}`)));
  texts.forEach((html, number) => show(PARTS[number], html));
  showTimes();
  document.dispatchEvent(new CustomEvent("desk:state"));
});

/** What is unchanged is left alone: somebody may be writing or reading there. */
function show(id, html) {
  const come = document.createElement("div");
  come.innerHTML = html.trim();
  if (rendered.get(id) === come.innerHTML) return;
  rendered.set(id, come.innerHTML);
  byId(id).replaceChildren(...come.childNodes);
}

async function markRead() {
  const last = lastSeq();
  if (!document.hasFocus() || held().agent !== document.body.dataset.me || last <= read) return;
  read = last;
  await post(`${about(conversation)}/read`, { seq: last }).catch(() => (read = 0));
}

/** Reads, and where that fails, again a little later: nobody says once more that something has changed. */
function surely(read) {
  read().catch((problem) => {
    if (!problem.passing) return;
    clearTimeout(retries.get(read));
    retries.set(read, setTimeout(() => surely(read), RETRY_MS * (0.75 + Math.random() / 2)));
  });
}

function shown() {
  const { holder, agent, priority, promised } = held();
  return [holder, agent, priority, promised].join();
}

/** What is shown may be older than what was told last, and its parts of different age: both are compared. */
function changed(told) {
  const now = [told.holder, told.agent_id ?? "", told.priority, told.due].join();
  if (now !== heard || now !== shown()) surely(readState);
  heard = now;
  surely(readEntries);
}

function showTyping(told) {
  clearTimeout(typed);
  typing.textContent = told.typing ? `${told.who === "customer" ? "The customer" : told.name} is writing…` : "";
  typed = setTimeout(() => (typing.textContent = ""), TYPING_MS);
}

/** The customer's card: read on its own, since the shop's system may take its time. */
async function showSide(reading) {
  try {
    side.innerHTML = await reading;
    showTimes(side);
  } catch (problem) {
    toast(problem.status ? problem.message : "The shop’s system does not answer right now.");
  }
}

const readSide = () => showSide(getText(`${parts}/side`));
const lookUp = (form) => showSide(postText(`${parts}/side`, { email: new FormData(form).get("email") }));

export function startConversation() {
  for (const entry of entries.querySelectorAll(".entry")) rendered.set(entry.id, entry.outerHTML);
  for (const id of PARTS) rendered.set(id, byId(id).innerHTML.trim());
  heard = shown();
  earlier.hidden = firstSeq() <= 1;
  earlier.onclick = () => readEarlier().catch((problem) => toast(problem.message));
  showDays(entries);
  toEnd();
  markRead();
  newer.onclick = toEnd;
  said.addEventListener("scroll", () => { if (atEnd()) newer.hidden = true; });
  side.addEventListener("submit", (event) => { event.preventDefault(); lookUp(event.target); });
  side.addEventListener("click", (event) => { if (event.target.matches('a[href$="/side"]')) { event.preventDefault(); readSide(); } });
  readSide();
  addEventListener("focus", markRead);
  document.addEventListener("desk:changed", () => readEntries(0).catch(() => {}));
  on("conversation", changed);
  on("typing", showTyping);
  on("back", () => { surely(readState); surely(readEntries); });
}
