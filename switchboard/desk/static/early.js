/*
 * Before anything is drawn: the colours somebody chose here; without a choice the system's are used.
 * And a button that is pressed before the other scripts are there is pressed again when they are.
 */
(() => {
  const chosen = localStorage.getItem("desk.theme");
  if (chosen) document.documentElement.dataset.theme = chosen;

  let pressed = null;
  const remember = (event) => { pressed = event.target.closest("[data-do], [data-dialog], [data-correct], [data-person]"); };
  const ready = () => {
    document.removeEventListener("click", remember);
    pressed?.click();
  };
  document.addEventListener("click", remember);
  document.addEventListener("desk:ready", ready, { once: true });
})();
