/* What every page of the desk has: presence, sign of life, colours, sound, signing out. */

import { post, signIn } from "./calls.js";
import { allowNotifications, startAlerts, toast, toggleSound } from "./alerts.js";
import { listen, on, reconnect } from "./live.js";
import { openDialog, startDialogs, sure } from "./dialogs.js";
import { keepTimes } from "./times.js";
import { startUnread } from "./unread.js";

const ALIVE_MS = 30_000;

const actions = {
  sound: toggleSound,
  notify: allowNotifications,
  theme: changeTheme,
  help: () => openDialog("help"),
  "sign-out": signOut,
};

function changeTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("desk.theme", root.dataset.theme);
}

const GIVES_UP = "Your conversations go back to their queues, for somebody else to take.";
const hasSome = () => document.querySelector('[data-count="mine"]').textContent.trim();

async function signOut() {
  if (hasSome() && !(await sure("Sign out?", GIVES_UP, "Sign out"))) return;
  await post("/desk/api/sign-out").catch(() => {});
  location.assign("/desk/sign-in");
}

const SAID = {
  online: "You are online: conversations can be given to you.",
  busy: "You are busy: you keep yours and get no new ones.",
  away: "You are away.",
};
let presence = document.querySelector('[name="presence"]:checked').value;

async function setPresence(event) {
  const wanted = event.target.value;
  if (wanted === "away" && hasSome() && !(await sure("Go away?", GIVES_UP, "Go away"))) return showPresence();
  try {
    await post("/desk/api/presence", { presence: wanted });
    presence = wanted;
    toast(SAID[wanted]);
  } catch (problem) {
    toast(problem.message);
  }
  return showPresence();
}

const showPresence = () => (document.querySelector(`[name="presence"][value="${presence}"]`).checked = true);

/** Who was silent for long is away by now, and another tab may have set something else. */
async function alive() {
  const before = presence;
  try {
    const told = await post("/desk/api/alive");
    if (told.presence === before || presence !== before) return;
    presence = told.presence;
    toast(SAID[presence]);
    showPresence();
  } catch (problem) {
    if (problem.status === 0) reconnect();
  }
}

export function act(name, run) {
  actions[name] = run;
}

function clicked(event) {
  const button = event.target.closest("[data-do], [data-dialog]");
  if (!button) return;
  if (button.dataset.dialog) openDialog(button.dataset.dialog);
  else actions[button.dataset.do]?.(button);
}

export function startShell() {
  document.addEventListener("click", clicked);
  document.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  document.getElementById("presence").addEventListener("change", setPresence);
  setInterval(alive, ALIVE_MS);
  startDialogs();
  startAlerts();
  keepTimes();
  startUnread();
  listen();
  on("signed-out", signIn);
}
