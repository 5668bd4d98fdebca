/* What moves on a page: <section data-refresh="?part=progress"> is fetched again while it holds an
   element with data-moving; when that is gone, the page is loaded anew, once. No framework. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-refresh]").forEach((box) => {
    const moves = () => box.querySelector("[data-moving]") !== null;
    const look = async () => {
      const answer = await fetch(box.dataset.refresh, { headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok) { return; }
      box.innerHTML = await answer.text();
      if (moves()) { window.setTimeout(look, 1500); } else { window.location.reload(); }
    };
    if (moves()) { window.setTimeout(look, 1500); }
  });
});

/* The theme writes the name of a chosen file into a text field that only its own widget has. */
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".hs input[type=file]").forEach((input) => {
    input.hasChangeListener = true;
  });
});
