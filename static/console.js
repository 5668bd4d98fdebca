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

/* A form begins at its first field, at the first one that was refused, or at the next step. */
document.addEventListener("DOMContentLoaded", () => {
  const fields = ":is(input:not([type=hidden]), select, textarea)";
  const wrong = document.querySelector(`.hs .hs-wrong ${fields}`) ||
    document.querySelector(".hs form [data-next]");
  const first = wrong || document.querySelector(`.hs form.hs-form[method=post] ${fields}`);
  if (first && !window.location.hash) { first.focus({ preventScroll: !wrong }); }
});

/* The box above a column of choices chooses all that may be chosen, and says whether all are. */
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-choose-all]").forEach((all) => {
    const rows = [...all.closest("table").querySelectorAll("tbody input[type=checkbox]:enabled")];
    const tell = () => {
      const chosen = rows.filter((one) => one.checked).length;
      all.checked = chosen > 0 && chosen === rows.length;
      all.indeterminate = chosen > 0 && chosen < rows.length;
    };
    all.addEventListener("change", () => rows.forEach((one) => { one.checked = all.checked; }));
    rows.forEach((one) => one.addEventListener("change", tell));
    tell();
  });
});

/* Keys: help at "?", filters at "/", pages at "n" and "p", up at "u". Whoever types in a field
   types; whoever does not want keys of one letter switches them off in the help. */
document.addEventListener("DOMContentLoaded", () => {
  const help = document.querySelector("#keys");
  if (!help) { return; }
  const on = help.querySelector("[data-keys-on]");
  on.checked = window.localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => {
    window.localStorage.setItem("keys", on.checked ? "on" : "off");
  });
  document.querySelector("[data-keys]").addEventListener("click", () => help.showModal());
  const press = (selector) => document.querySelector(selector)?.click();
  const keys = {
    "?": () => help.showModal(),
    "/": () => document.querySelector(".hs-filters :is(input:not([type=hidden]), select)")?.focus(),
    "n": () => press(".hs-paging a[rel=next]"),
    "p": () => press(".hs-paging a[rel=prev]"),
    "u": () => [...document.querySelectorAll(".hs-crumbs a")].pop()?.click(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable], dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !on.checked) { return; }
    if (event.key in keys) { event.preventDefault(); keys[event.key](); }
  });
});
