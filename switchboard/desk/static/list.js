/* The list of conversations: read anew when something changed, keeping place, focus and what is searched for. */

import { getText } from "./calls.js";
import { calmly, on } from "./live.js";
import { showTimes } from "./times.js";

const items = document.getElementById("items");
const find = document.getElementById("find");
const { view, page, conversation } = document.body.dataset;

const shown = () => [...(items?.querySelectorAll(".item") ?? [])].filter((item) => !item.parentElement.hidden);

const readList = calmly(async () => {
  if (!document.hidden) replace(await getText(`/desk/fragments/inbox/${view}?page=${page}`));
});

function replace(html) {
  const focused = items.contains(document.activeElement) ? document.activeElement.dataset.id : "";
  const scrolled = items.scrollTop;
  items.innerHTML = html;
  items.querySelector(`[data-id="${conversation}"]`)?.setAttribute("aria-current", "true");
  filter();
  showTimes(items);
  items.scrollTop = scrolled;
  if (focused) items.querySelector(`[data-id="${focused}"]`)?.focus({ preventScroll: true });
}

function filter() {
  const words = find.value.toLowerCase().split(/\s+/);
  for (const item of items.querySelectorAll(".item")) {
    item.parentElement.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
  }
}

function showCounts(counts) {
  for (const element of document.querySelectorAll("[data-count]")) element.textContent = counts[element.dataset.count] || "";
}

/** Puts the focus on the next (1) or previous (-1) conversation of the list. */
export function move(step) {
  const all = shown();
  if (!all.length) return;
  const focused = all.indexOf(document.activeElement);
  const at = focused >= 0 ? focused : all.findIndex((item) => item.hasAttribute("aria-current"));
  all[Math.min(all.length - 1, Math.max(0, at + step))].focus();
}

function keepPlace() {
  const key = `desk.place.${view}`;
  items.scrollTop = Number(sessionStorage.getItem(key));
  addEventListener("pagehide", () => sessionStorage.setItem(key, items.scrollTop));
}

export function startList() {
  keepPlace();
  find.addEventListener("input", filter);
  find.addEventListener("keydown", (event) => { if (event.key === "Enter") shown()[0]?.focus(); });
  on("inbox", (told) => { showCounts(told.counts); readList(); });
  on("back", readList);
  document.addEventListener("visibilitychange", readList);
}
