/* Keyboard shortcuts. They rest while somebody writes, while a dialog is open, and with Ctrl, Alt or Meta. */

import { byId, openDialog } from "./dialogs.js";
import { move } from "./list.js";
import { write } from "./composer.js";

const VIEWS = { w: "waiting", m: "mine", t: "team", a: "all", b: "bot", r: "resolved" };
const press = (selector) => document.querySelector(selector)?.click();
const go = (view) => location.assign(`/desk/inbox/${view}`);

const KEYS = [
  [["j"], "Next conversation in the list", () => move(1)],
  [["k"], "Previous conversation in the list", () => move(-1)],
  [["Enter"], "Open it", null],
  [["/"], "Find in the list", () => byId("find")?.focus()],
  [["t"], "Take, or take over from the bot", () => press('[data-do="take"]')],
  [["r"], "Reply", () => write("reply")],
  [["n"], "Private note", () => write("note")],
  [["x"], "Transfer", () => press('[data-dialog="transfer"]')],
  [["e"], "Resolve", () => press('[data-dialog="resolve"]')],
  [["b"], "Give back to the bot", () => press('[data-dialog="give-back"]')],
  [["g", "w"], "Go to Waiting", () => go("waiting")],
  [["g", "m"], "Go to Mine", () => go("mine")],
  [["g", "t"], "Go to My teams", () => go("team")],
  [["g", "a"], "Go to All open", () => go("all")],
  [["g", "b"], "Go to With the bot", () => go("bot")],
  [["g", "r"], "Go to Resolved", () => go("resolved")],
  [["Esc"], "Leave the text or the search", null],
  [["?"], "These shortcuts", () => openDialog("help")],
];
const FIRST_MS = 1500; // how long a "g" waits for its second key
let first = "", firstAt = 0;

const writing = (element) => element.matches("input:not([type=radio], [type=checkbox]), textarea, select") || element.isContentEditable;

function pressed(event) {
  if (event.key === "Escape" && writing(event.target)) return event.target.blur();
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return null;
  if (writing(event.target) || document.querySelector("dialog[open]")) return null;
  const after = Date.now() - firstAt < FIRST_MS ? first : "";
  first = event.key;
  firstAt = Date.now();
  const wanted = after === "g" ? ["g", event.key] : [event.key];
  const found = KEYS.find(([keys, , run]) => run && keys.join() === wanted.join());
  if (!found) return null;
  event.preventDefault();
  first = "";
  return found[2]();
}

function list() {
  for (const [keys, words] of KEYS) {
    const names = document.createElement("dt"), meaning = document.createElement("dd");
    names.append(...keys.map((key) => Object.assign(document.createElement("kbd"), { textContent: key })));
    meaning.textContent = words;
    byId("keys").append(names, meaning);
  }
}

export function startKeys() {
  list();
  document.addEventListener("keydown", pressed);
}
