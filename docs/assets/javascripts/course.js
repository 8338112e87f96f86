// Copy buttons: the new code without its marks, or the commands without prompts and output.
//
// A page is complete without this script; only the buttons appear with it. Nothing is loaded from
// anywhere, and it works on pages opened as files.
"use strict";

(() => {
  const said = document.createElement("div");
  said.className = "cd-said";
  said.setAttribute("role", "status");

  // The text of a figure as a person would type it: no removed line, and nothing that is hidden.
  function code(figure) {
    const commands = figure.querySelectorAll("kbd.cc");
    if (commands.length) {
      return [...commands].map((command) => command.textContent).join("");
    }
    const whole = figure.querySelector("input.cd-whole")?.checked;
    const parts = [...figure.querySelectorAll("pre code > span")];
    return parts
      .filter((part) => whole || !part.classList.contains("g"))
      .map((part) => {
        const copy = part.cloneNode(true);
        copy.querySelectorAll("del").forEach((line) => line.remove());
        return copy.textContent;
      })
      .join("");
  }

  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without the permission, or on an address that the browser does not trust.
      const area = document.createElement("textarea");
      area.value = text;
      area.setAttribute("aria-hidden", "true");
      area.style.position = "fixed";
      area.style.opacity = "0";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  async function copy(button) {
    await write(code(button.closest("figure")));
    button.focus();
    button.textContent = "Copied";
    said.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
      said.textContent = "";
    }, 1500);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.cd-copy");
    if (button) {
      copy(button);
    }
  });

  function show() {
    // The theme's search is a dialog without a name.
    document.querySelector(".md-search[role=dialog]")?.setAttribute("aria-label", "Search");
    document.body.append(said);
    // A table that is wider than the window is scrolled by keyboard too.
    document.querySelectorAll(".md-typeset__scrollwrap").forEach((wrap) => {
      wrap.tabIndex = 0;
    });
    document.querySelectorAll("button.cd-copy").forEach((button) => {
      button.hidden = false;
    });
  }

  // After the theme's own script, which wraps tables and builds the search.
  if (document.readyState === "complete") {
    show();
  } else {
    window.addEventListener("load", show);
  }
})();
