/* The page about people: an admin adds and changes them. */

import { post } from "./calls.js";
import { byId, openDialog, submit, sure } from "./dialogs.js";
import { startKeys } from "./keys.js";
import { startShell } from "./shell.js";

const dialog = byId("person");
const form = dialog?.querySelector("form");
let before = null;

/** Opens the form for a person, or for a new one. */
function edit(person) {
  before = person;
  form.reset();
  byId("person-title").textContent = person ? `Change ${person.name}` : "Add a person";
  byId("person-active").hidden = byId("person-password").hidden = !person;
  for (const name of ["agent_id", "name", "email", "role", "capacity"]) if (person) form.elements[name].value = person[name];
  form.elements.agent_id.value = person?.agent_id ?? "";
  form.elements.skills.value = person?.skills.join(", ") ?? "";
  form.elements.active.checked = person?.active ?? true;
  for (const box of form.querySelectorAll('[name="teams"]')) box.checked = person?.teams.includes(box.value) ?? false;
  openDialog("person");
}

function written() {
  const data = new FormData(form);
  const person = {
    name: data.get("name").trim(), email: data.get("email").trim(), role: data.get("role"), capacity: Number(data.get("capacity")),
    teams: data.getAll("teams"), skills: data.get("skills").split(",").map((skill) => skill.trim()).filter(Boolean), active: data.has("active"),
  };
  return before ? { ...person, agent_id: before.agent_id, new_password: data.has("new_password") } : person;
}

const leaves = (person) => before?.active && !person.active;

async function save() {
  const person = written();
  if (leaves(person) && !(await sure(`Sign ${person.name} off?`, "They are signed out at once, and their conversations go back to their queues.", "Sign off"))) return;
  const done = await submit(form, () => post("/desk/api/people", person));
  if (!done) return;
  dialog.close();
  if (done.password) showPassword(person, done.password);
  else location.reload();
}

function showPassword(person, password) {
  byId("password-for").textContent = person.name;
  byId("password-is").value = password;
  openDialog("password").onclose = () => location.reload();
  byId("password-is").select();
}

function clicked(event) {
  const button = event.target.closest("[data-person]");
  if (button) edit(button.dataset.person ? JSON.parse(button.dataset.person) : null);
}

startShell();
startKeys();
if (form) {
  document.addEventListener("click", clicked);
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
}
document.dispatchEvent(new Event("desk:ready"));
