/* Dialogs: opened by a button or a key, closed by Escape, and their forms sent as a call. */

import { about, getText, post } from "./calls.js";
import { sayNext } from "./alerts.js";

const conversation = document.body.dataset.conversation;
const DONE = { transfer: "Transferred.", resolve: "Resolved.", "give-back": "Given back to the bot." };

export const byId = (id) => document.getElementById(id);

export function openDialog(id) {
  const dialog = byId(id);
  if (!dialog || document.querySelector("dialog[open]")) return null;
  dialog.querySelector(".error")?.setAttribute("hidden", "");
  dialog.showModal();
  if (id === "transfer") renew(byId("transfer-to")).catch(() => {});
  return dialog;
}

/** Who is there changes while a page is open. */
async function renew(select) {
  const page = new DOMParser().parseFromString(await getText(location.pathname + location.search), "text/html");
  const { value } = select;
  select.replaceChildren(...page.getElementById(select.id).childNodes);
  select.value = value;
}

/** Asks before something that can't be undone; resolves to whether it was wanted. */
export function sure(title, text, yes) {
  byId("sure-title").textContent = title;
  byId("sure-text").textContent = text;
  byId("sure-yes").textContent = yes;
  const dialog = openDialog("sure") ?? byId("sure");
  if (!dialog.open) dialog.showModal();
  return new Promise((answer) => {
    byId("sure-yes").onclick = () => { answer(true); dialog.close(); };
    dialog.onclose = () => answer(false);
  });
}

/** Runs `send` for a form, with its button resting and what went wrong shown in it. */
export async function submit(form, send) {
  const error = form.querySelector(".error"), button = form.querySelector('[type="submit"]');
  error.hidden = true;
  button.disabled = true;
  try {
    return await send();
  } catch (problem) {
    error.textContent = problem.message;
    error.hidden = false;
    return null;
  } finally {
    button.disabled = false;
  }
}

function bodyOf(form) {
  const body = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  if (body.seq) body.seq = Number(body.seq);
  if (!body.to) return body;
  const { to, ...rest } = body;
  const [kind, value] = to.split(":");
  return { ...rest, [kind]: kind === "agent_id" ? Number(value) : value };
}

async function call(form) {
  const done = await submit(form, () => post(`${about(conversation)}/${form.dataset.call}`, bodyOf(form)));
  if (!done) return;
  form.closest("dialog").close();
  if (form.dataset.call === "corrections") document.dispatchEvent(new CustomEvent("desk:changed"));
  else leave(DONE[form.dataset.call]);
}

function leave(words) {
  sayNext(words);
  location.assign(`/desk/inbox/${document.body.dataset.view}`);
}

export function correct(button) {
  const dialog = openDialog("correction");
  if (!dialog) return;
  const form = dialog.querySelector("form");
  form.reset();
  form.elements.seq.value = button.dataset.correct;
  byId("correction-quote").textContent = button.closest(".entry").querySelector(".bubble").textContent;
  if (button.dataset.chosen) form.elements.intent.value = button.dataset.chosen;
  filterIntents("");
  byId("correction-find").focus();
}

function filterIntents(typed) {
  const words = typed.toLowerCase().split(/\s+/);
  const options = [...document.querySelectorAll("#correction .options .choice")];
  for (const option of options) {
    const text = `${option.textContent} ${option.firstElementChild.value}`.toLowerCase();
    option.hidden = !words.every((word) => text.includes(word));
  }
  document.querySelector("#correction .options p").hidden = options.some((option) => !option.hidden);
}

/** Enter in the search chooses the first intent that is left. */
function chooseFirst(event) {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const first = document.querySelector("#correction .choice:not([hidden]) input");
  if (first) { first.checked = true; first.focus(); }
}

export function startDialogs() {
  for (const button of document.querySelectorAll("[data-close]")) button.onclick = () => button.closest("dialog").close();
  for (const form of document.querySelectorAll("form[data-call]")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); call(form); });
  }
  byId("correction-find")?.addEventListener("input", (event) => filterIntents(event.target.value));
  byId("correction-find")?.addEventListener("keydown", chooseFirst);
}
