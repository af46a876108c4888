"use strict";
// Every page works without this: it saves a reload and a selection.
(() => {
  // A button beside what is to be copied.
  if (navigator.clipboard) {
    for (const text of document.querySelectorAll("[data-copy]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet copy";
      button.textContent = text.dataset.copy;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "✓";
      });
      text.after(button);
    }
  }

  // The list renews itself when the account has news. Once refused, it waits for a reload.
  const watch = async () => {
    for (;;) {
      const list = document.getElementById("list");
      const { news, newest } = list.dataset;
      const told = await fetch(`${news}?after=${newest}`, { redirect: "error" });
      if (told.status === 204) continue;
      if (told.status !== 200) return;
      const page = await fetch(location.href, { redirect: "error" });
      if (page.status !== 200) return;
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
      const next = fresh.getElementById("list");
      if (!next) return;
      // Not under somebody's hands.
      if (!list.contains(document.activeElement)) list.replaceWith(next);
      else list.dataset.newest = next.dataset.newest;
    }
  };
  if (document.getElementById("list")) watch().catch(() => {});
})();
