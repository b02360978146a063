/* The open conversation: new entries come in as the server renders them, without losing the reader's place. */

import { about, getText, post } from "./calls.js";
import { byId } from "./dialogs.js";
import { on } from "./live.js";
import { sound } from "./alerts.js";
import { showDays, showTimes } from "./times.js";

const { conversation } = document.body.dataset;
const said = byId("said"), entries = byId("entries"), newer = byId("newer"), typing = byId("typing");
const rendered = new Map(); // id -> HTML as the server sent it, before times were put in words and the composer was used
const PARTS = ["head", "why", "foot"]; // of the page; they depend on who has the conversation
const TYPING_MS = 6000, NEAR = 80;
const AGAIN = 10; // so many messages are read once more: what was understood of them, and their outcome, come later
let read = Number(document.body.dataset.read), typed = 0;

const lastSeq = () => Number(entries.querySelector(".entry:last-of-type")?.dataset.seq || 0);
const atEnd = () => said.scrollHeight - said.scrollTop - said.clientHeight < NEAR;

export function toEnd() {
  said.scrollTop = said.scrollHeight;
  newer.hidden = true;
}

/** Puts entries in: replaces those that changed, adds those that are new. Returns the new ones. */
function merge(html) {
  const come = document.createElement("template");
  come.innerHTML = html;
  const added = [];
  for (const entry of come.content.querySelectorAll(".entry")) {
    if (rendered.get(entry.id) === entry.outerHTML) continue;
    rendered.set(entry.id, entry.outerHTML);
    const old = byId(entry.id);
    if (old) old.replaceWith(entry);
    else { entries.append(entry); added.push(entry); }
  }
  return added;
}

export async function readEntries(from = lastSeq() - AGAIN) {
  const html = await getText(`/desk/fragments/conversations/${conversation}/entries?after=${Math.max(0, from)}`);
  const wasAtEnd = atEnd();
  const added = merge(html);
  showTimes(entries);
  showDays(entries);
  if (added.some((entry) => entry.dataset.sender === "customer")) arrived();
  document.dispatchEvent(new CustomEvent("desk:entries"));
  if (wasAtEnd) toEnd();
  else newer.hidden = newer.hidden && !added.length;
  markRead();
}

function arrived() {
  typing.textContent = "";
  if (document.hidden || !document.hasFocus()) sound("message");
}

/** Reads the whole page anew and takes over what may have changed with the conversation's state. */
export async function readState() {
  const page = new DOMParser().parseFromString(await getText(location.pathname + location.search), "text/html");
  for (const id of PARTS) {
    const there = page.getElementById(id);
    if (!there || rendered.get(id) === there.innerHTML) continue;
    rendered.set(id, there.innerHTML);
    byId(id).replaceChildren(...there.childNodes);
  }
  Object.assign(document.body.dataset, page.body.dataset);
  showTimes();
  document.dispatchEvent(new CustomEvent("desk:state"));
}

async function markRead() {
  const last = lastSeq();
  if (document.hidden || document.body.dataset.agent !== document.body.dataset.me || last <= read) return;
  read = last;
  await post(`${about(conversation)}/read`, { seq: last }).catch(() => (read = 0));
}

function changed(told) {
  const { holder, agent } = document.body.dataset;
  if (told.holder !== holder || String(told.agent_id ?? "") !== agent) readState().catch(() => {});
  readEntries().catch(() => {});
}

function showTyping(told) {
  clearTimeout(typed);
  typing.textContent = told.typing ? `${told.who === "customer" ? "The customer" : told.name} is writing…` : "";
  typed = setTimeout(() => (typing.textContent = ""), TYPING_MS);
}

async function lookUp(form) {
  const email = new FormData(form).get("email");
  byId("side").innerHTML = await getText(`/desk/fragments/conversations/${conversation}/side?email=${encodeURIComponent(email)}`);
  showTimes(byId("side"));
}

export function startConversation() {
  for (const entry of entries.querySelectorAll(".entry")) rendered.set(entry.id, entry.outerHTML);
  for (const id of PARTS) rendered.set(id, byId(id).innerHTML);
  showDays(entries);
  toEnd();
  markRead();
  newer.onclick = toEnd;
  said.addEventListener("scroll", () => { if (atEnd()) newer.hidden = true; });
  byId("side").addEventListener("submit", (event) => { event.preventDefault(); lookUp(event.target).catch(() => {}); });
  document.addEventListener("visibilitychange", markRead);
  document.addEventListener("desk:changed", () => readEntries(0).catch(() => {}));
  on("conversation", changed);
  on("typing", showTyping);
  on("back", () => { readState().catch(() => {}); readEntries().catch(() => {}); });
}
