// Pages work without this. It tells when a newer assessment is in, sends filters when one is
// chosen, and copies a fix.
"use strict";
(() => {
  const note = document.getElementById("newer");
  const shown = Number(document.body.dataset.assessment);
  if (note && window.EventSource) {
    const events = new EventSource("/events" + (document.body.dataset.scope ?? ""));
    events.addEventListener("assessed", (event) => {
      if (Number(event.data) > shown) note.hidden = false;
    });
    addEventListener("pagehide", () => events.close());
  }
  for (const select of document.querySelectorAll("form.filter select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = "Copied";
    });
  }
  // As on other lists: / goes to the search, j and k to the next and the last row.
  const rows = [...document.querySelectorAll("a.row")];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    const search = document.querySelector("input[type=search]");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "j" || event.key === "k") {
      const at = rows.indexOf(document.activeElement);
      rows[at + (event.key === "j" ? 1 : -1)]?.focus();
    }
  });
})();
