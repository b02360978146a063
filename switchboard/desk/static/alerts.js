/* Telling somebody who looks elsewhere: a sound, the browser's notification, the tab's title, a line at the bottom. */

import { holdsBell, on } from "./live.js";

const toasts = document.getElementById("toasts");
const title = document.title;
const shown = document.body.dataset.conversation ?? "none";
const LOOKED_AT = "desk.looked-at"; // the conversation in the tab that has the focus, of all tabs of this browser
const TOAST_MS = 7000;
const NOTES = { message: [660], assigned: [523, 784], alert: [440, 440, 440] };
let audio = null;

const soundOn = () => localStorage.getItem("desk.sound") !== "off";

/** Short notes one after the other, made here. Browsers keep a page silent until it has been used: what is past stays unheard. */
export function sound(kind) {
  if (!soundOn() || !holdsBell() || navigator.userActivation?.hasBeenActive === false) return;
  audio ??= new AudioContext();
  audio.resume().then(() => NOTES[kind].forEach((hertz, index) => tone(hertz, audio.currentTime + index * 0.16)));
}

function tone(hertz, at) {
  const wave = audio.createOscillator(), loudness = audio.createGain();
  wave.frequency.value = hertz;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.12, at + 0.015);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.15);
  wave.connect(loudness).connect(audio.destination);
  wave.start(at);
  wave.stop(at + 0.16);
}

function notify(text, conversation) {
  if (!holdsBell() || lookedAt() || !("Notification" in window) || Notification.permission !== "granted") return;
  const note = new Notification("Switchboard", { body: text, tag: conversation });
  note.onclick = () => {
    window.focus();
    if (conversation) location.assign(`/desk/conversations/${conversation}?view=mine`);
  };
}

/** A line at the bottom that goes by itself, with a link to a conversation if one is named. */
export function toast(text, conversation = "") {
  const line = document.createElement("div"), words = document.createElement("span");
  line.className = "toast";
  words.textContent = text;
  line.append(words);
  if (conversation) line.append(linkTo(conversation));
  line.append(closer(line));
  toasts.append(line);
  setTimeout(() => line.remove(), TOAST_MS);
}

function linkTo(conversation) {
  const link = document.createElement("a");
  link.href = `/desk/conversations/${conversation}?view=mine`;
  link.textContent = "Open";
  return link;
}

function closer(line) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Dismiss";
  button.onclick = () => line.remove();
  return button;
}

/** Says something once the next page is there. */
export const sayNext = (text) => sessionStorage.setItem("desk.say", text);

export function showUnread(count) {
  document.title = count ? `(${count}) ${title}` : title;
}

function announce(kind, text, conversation) {
  sound(kind);
  notify(text, conversation);
  toast(text, conversation);
}

/** Customers wrote in these conversations. Who has one before them sees it. What they wrote is not for a locked screen. */
export function wrote(items) {
  const news = items.filter((item) => item.conversation_id !== lookedAt());
  if (news.length) sound("message");
  for (const item of news) notify(`New message from ${item.title}.`, item.conversation_id);
}

const lookedAt = () => localStorage.getItem(LOOKED_AT);

function look() {
  if (document.hasFocus()) localStorage.setItem(LOOKED_AT, shown);
}

function lookAway() {
  if (lookedAt() === shown) localStorage.removeItem(LOOKED_AT);
}

/** Who has it before them sees that it is theirs. */
function assigned(told) {
  if (told.conversation_id === shown && document.hasFocus()) return sound("assigned");
  announce("assigned", `${told.title} is yours now.`, told.conversation_id);
}

function showSound(button) {
  button.setAttribute("aria-pressed", String(soundOn()));
  button.querySelector("span").textContent = soundOn() ? "Sound on" : "Sound off";
}

export function toggleSound(button) {
  localStorage.setItem("desk.sound", soundOn() ? "off" : "on");
  showSound(button);
  sound("message");
}

export async function allowNotifications(button) {
  button.hidden = (await Notification.requestPermission()) !== "default";
}

export function startAlerts() {
  showSound(document.querySelector('[data-do="sound"]'));
  document.querySelector('[data-do="notify"]').hidden = !("Notification" in window) || Notification.permission !== "default";
  addEventListener("focus", look);
  addEventListener("blur", lookAway);
  addEventListener("pagehide", lookAway);
  look();
  on("assigned", assigned);
  on("alert", (told) => announce("alert", told.text, told.conversation_id));
  const left = sessionStorage.getItem("desk.say");
  if (left) toast(left);
  sessionStorage.removeItem("desk.say");
}
