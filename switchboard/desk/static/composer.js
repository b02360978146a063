/*
 * Writing: drafts are kept, a reply is shown at once and sent until the server has it, under one id however often.
 * Replies that are not acknowledged yet are kept with the browser, so that a closed tab loses none. Their agent finds
 * them there, nobody else who signs in, and says whether they are still to be sent.
 */

import { about, CallError, inTurn, post } from "./calls.js";
import { byId, submit } from "./dialogs.js";
import { readEntries, toEnd } from "./conversation.js";

const { conversation, me } = document.body.dataset;
const pending = byId("pending");
const UNSENT = `desk.unsent.${me}.${conversation}`;
const LEFT = "You left the page before it arrived.";
const TRIES = 5, TYPING_EVERY_MS = 3000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
let toldTyping = 0, chosen = "reply";

const form = () => byId("composer");
const modeOf = () => new FormData(form()).get("mode") || form().dataset.mode;
const draftKey = (mode) => `desk.draft.${me}.${conversation}.${mode}`;
const unsent = () => JSON.parse(localStorage.getItem(UNSENT) || "[]");
const keepUnsent = (list) => (list.length ? localStorage.setItem(UNSENT, JSON.stringify(list)) : localStorage.removeItem(UNSENT));

/** A random UUID; crypto.randomUUID is missing on pages without https. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Chooses between a reply and a private note. */
function setMode(mode) {
  const choice = form().querySelector(`input[value="${mode}"]`);
  if (!choice) return;
  choice.checked = true;
  chosen = mode;
  const text = form().elements.text, note = mode === "note";
  form().dataset.mode = mode;
  text.placeholder = note ? "Write to your colleagues; the customer never sees it" : "Write to the customer";
  text.setAttribute("aria-label", note ? "Private note" : "Reply to the customer");
  form().querySelector(".main").textContent = note ? "Add note" : "Send";
}

/** To the text of a reply or a note; each has a draft of its own. */
export function write(mode) {
  if (!form()) return;
  setMode(mode);
  showDraft();
  form().elements.text.focus();
}

const showDraft = () => (form().elements.text.value = localStorage.getItem(draftKey(modeOf())) || "");

function typedText(event) {
  const mode = modeOf();
  if (event.target.value) localStorage.setItem(draftKey(mode), event.target.value);
  else localStorage.removeItem(draftKey(mode));
  if (mode !== "reply" || Date.now() - toldTyping < TYPING_EVERY_MS) return;
  toldTyping = Date.now();
  post(`${about(conversation)}/typing`).catch(() => {});
}

function clear(mode) {
  localStorage.removeItem(draftKey(mode));
  form().elements.text.value = "";
}

async function sendText() {
  const mode = modeOf(), text = form().elements.text.value.trim();
  if (!text) return;
  if (mode === "reply") return sendReply(text);
  const done = await submit(form(), () => post(`${about(conversation)}/notes`, { text }));
  if (!done) return;
  clear(mode);
  await readEntries();
  toEnd();
}

function sendReply(text) {
  const message = { client_message_id: uuid(), text };
  clear("reply");
  keepUnsent([...unsent(), message]);
  return deliver(message, showPending(message));
}

function showPending(message) {
  const entry = byId("pending-entry").content.firstElementChild.cloneNode(true);
  entry.querySelector(".bubble").textContent = message.text;
  entry.querySelector('[data-retry]').onclick = () => deliver(message, entry);
  entry.querySelector('[data-discard]').onclick = () => discard(message, entry);
  pending.append(entry);
  toEnd();
  return entry;
}

function discard(message, entry) {
  forget(message);
  entry.remove();
  const text = form()?.elements.text;
  if (text && !text.value) { write("reply"); text.value = message.text; }
}

const forget = (message) => keepUnsent(unsent().filter((each) => each.client_message_id !== message.client_message_id));

async function deliver(message, entry) {
  mark(entry, false);
  try {
    const { seq } = await sentInTurn(message);
    forget(message);
    entry.dataset.sent = seq;
    await readEntries().catch(() => {});
    dropShown();
  } catch (problem) {
    mark(entry, true, problem.message);
  }
}

async function untilSent(message, tried = 1) {
  try {
    return await post(`${about(conversation)}/messages`, message);
  } catch (problem) {
    if (!(problem instanceof CallError && problem.passing) || tried === TRIES) throw problem;
    await pause(500 * 2 ** tried * (0.75 + Math.random() / 2));
    return untilSent(message, tried + 1);
  }
}

const sentInTurn = inTurn((message) => untilSent(message)); // so that the customer has them in the order they were written

function mark(entry, failed, why = "") {
  entry.classList.toggle("failed", failed);
  entry.querySelector(".not-sent").hidden = !failed;
  entry.querySelector(".sending").hidden = failed;
  entry.querySelector(".reason").textContent = why;
}

/** Takes away what the server shows by now. */
function dropShown() {
  for (const entry of pending.querySelectorAll("[data-sent]")) if (byId(`m${entry.dataset.sent}`)) entry.remove();
}

function enter(event) {
  const touch = matchMedia("(pointer: coarse)").matches;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || (touch && !event.ctrlKey)) return;
  event.preventDefault();
  sendText();
}

function submitted(event) {
  event.preventDefault();
  sendText();
}

function changed(event) {
  if (event.target.name === "mode") write(event.target.value);
}

/** Also to a form that has it all: a listener that is added twice hears once. */
function attach() {
  if (!form()) return;
  form().addEventListener("submit", submitted);
  form().addEventListener("change", changed);
  form().elements.text.addEventListener("input", typedText);
  form().elements.text.addEventListener("keydown", enter);
  setMode(form().querySelector(`input[value="${chosen}"]`) ? chosen : modeOf());
  if (!form().elements.text.value) showDraft();
}

export function startComposer() {
  attach();
  document.addEventListener("desk:state", attach);
  document.addEventListener("desk:entries", dropShown);
  for (const message of unsent()) mark(showPending(message), true, LEFT);
}
