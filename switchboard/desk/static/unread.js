/* One's own conversations in which a customer wrote something new: counted in the tab's title, told when they come. */

import { showUnread, wrote } from "./alerts.js";
import { getText } from "./calls.js";
import { calmly, on } from "./live.js";

let known = null; // id -> when something last happened, of one's own; what was there before this page is no news

async function look() {
  const { items } = JSON.parse(await getText("/desk/api/inbox/mine"));
  const unread = items.filter((item) => item.unread);
  showUnread(unread.length);
  if (known) wrote(unread.filter(isNews));
  known = new Map(items.map((item) => [item.conversation_id, item.at]));
}

/** What one has just been given is told as that. */
function isNews(item) {
  return item.sender === "customer" && known.has(item.conversation_id) && known.get(item.conversation_id) !== item.at;
}

export function startUnread() {
  const again = calmly(look);
  on("inbox", again);
  on("back", again);
  document.addEventListener("visibilitychange", again);
}
