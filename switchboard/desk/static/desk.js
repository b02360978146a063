/* The list and the conversation. */

import { about, post } from "./calls.js";
import { sayNext, toast } from "./alerts.js";
import { startComposer } from "./composer.js";
import { held, startConversation } from "./conversation.js";
import { correct, sure } from "./dialogs.js";
import { startKeys } from "./keys.js";
import { startList } from "./list.js";
import { act, startShell } from "./shell.js";

const { conversation } = document.body.dataset;

async function take(button) {
  const { agent } = held();
  if (agent && !(await sure("Take it from a colleague?", "They are writing with this customer. It becomes yours at once.", "Take it"))) return;
  button.disabled = true;
  try {
    await post(`${about(conversation)}/take`);
    sayNext("It is yours.");
    location.assign(`/desk/conversations/${conversation}?view=mine`);
  } catch (problem) {
    button.disabled = false;
    toast(problem.message);
  }
}

if (conversation) {
  startConversation();
  startComposer();
  act("take", take);
  document.addEventListener("click", (event) => {
    const wrong = event.target.closest("[data-correct]");
    if (wrong) correct(wrong);
  });
}
startList();
startShell();
startKeys();
document.dispatchEvent(new Event("desk:ready"));
