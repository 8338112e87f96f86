// What `course docs inspect` asks a page in the browser: put into each page as `courseProbe`.
// Nothing of the site loads this file.
"use strict";

globalThis.courseProbe ??= (() => {
  const CONTROLS =
    "a[href], area[href], button, input, select, textarea, summary, iframe, [tabindex]," +
    " [contenteditable]:not([contenteditable=false]), audio[controls], video[controls]";
  const SIDES = ["Top", "Right", "Bottom", "Left"];
  const LOOK = [
    "outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "backgroundColor", "color",
    "textDecorationLine", "textDecorationColor", "textDecorationThickness", "opacity", "fill",
    ...SIDES.flatMap((side) => [`border${side}Color`, `border${side}Width`, `border${side}Style`]),
  ];
  const numbers = new WeakMap();
  const looks = new WeakMap();
  let stopper;
  let steps = [];
  let walker;
  let shifted = false;
  let notes = [];

  // A selector that a person can find the element by; not the shortest.
  function selector(element) {
    const parts = [];
    for (let at = element; at && at !== document.body && parts.length < 5; at = at.parentElement) {
      if (at.id && document.querySelectorAll(`#${CSS.escape(at.id)}`).length === 1) {
        parts.unshift(`#${CSS.escape(at.id)}`);
        break;
      }
      const same = [...(at.parentElement?.children ?? [])].filter((e) => e.tagName === at.tagName);
      const classes = [...at.classList].filter((name) => name !== "focus-visible").slice(0, 2).map((name) => `.${CSS.escape(name)}`).join("");
      const nth = same.length > 1 ? `:nth-of-type(${same.indexOf(at) + 1})` : "";
      parts.unshift(at.tagName.toLowerCase() + classes + nth);
    }
    return parts.join(" > ") || "body";
  }

  const isScroller = (style) => /auto|scroll/.test(style.overflowX + style.overflowY);

  function isSeen(element) {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
      return false;
    }
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(element).clipPath !== "inset(50%)";
  }

  // From here on nothing moves, and everything that can be opened is open.
  function prepare() {
    const style = document.createElement("style");
    style.textContent =
      "*, *::before, *::after { transition: none !important; animation: none !important;" +
      " scroll-behavior: auto !important }";
    document.head.append(style);
    document.querySelectorAll("details").forEach((details) => {
      details.open = true;
    });
  }

  // The innermost elements that reach beyond the window, and that no scrolling around them shows.
  function beyond(inside, limit) {
    const found = new Set();
    for (const element of inside.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      if (box.right <= limit + 1 || !isSeen(element)) {
        continue;
      }
      let scrolled = getComputedStyle(element).position === "fixed";
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
        scrolled ||= isScroller(getComputedStyle(at));
      }
      if (!scrolled) {
        found.delete(element.parentElement);
        found.add(element);
      }
    }
    return [...found];
  }

  // What is wider than the window: the page, or content that no scrolling leads to.
  function tooWide() {
    const limit = document.documentElement.clientWidth;
    const whole = document.documentElement.scrollWidth;
    const content = document.querySelector("main, [role=main]") ?? document.body;
    let found = beyond(content, limit);
    if (whole > limit && !found.length) {
      found = beyond(document.body, limit);
    }
    if (whole > limit && !found.length) {
      return [["html", whole, limit]];
    }
    return found
      .slice(0, 3)
      .map((element) => [
        selector(element), Math.ceil(element.getBoundingClientRect().right), limit,
      ]);
  }

  // How many blocks of code are cut off, and how many there are: of those that are seen.
  function clipped() {
    const blocks = [...document.querySelectorAll("main pre, article pre")].filter(isSeen);
    const cut = blocks.filter((block) =>
      [block, ...block.querySelectorAll("code")].some((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth),
    );
    return [cut.length, blocks.length];
  }

  // Whether the theme's navigation says where one is: one tab, and the page's own entry.
  function lost() {
    const tabs = document.querySelector(".md-tabs");
    // A page that stands for a missing one has no place.
    if (!tabs || !isSeen(tabs) || location.pathname.endsWith("/404.html")) {
      return "";
    }
    const active = tabs.querySelectorAll(".md-tabs__item--active").length;
    if (active !== 1) {
      return `${active} tabs are marked as the current one`;
    }
    const sidebar = document.querySelector(".md-sidebar--primary");
    if (sidebar && isSeen(sidebar) && ![...sidebar.querySelectorAll(".md-nav__link--active")].some(isSeen)) {
      return "the sidebar does not show the page's own entry";
    }
    return "";
  }

  // Hosts that the page only prepares to talk to are talked to all the same.
  function hints() {
    const links = document.querySelectorAll(
      "link[rel~=preconnect], link[rel~=dns-prefetch], link[rel~=prefetch], link[rel~=preload]",
    );
    return [...links].map((link) => link.href).filter((href) => new URL(href).host !== location.host);
  }

  function isControl(element) {
    if (element.tabIndex < 0 || element.disabled || element.type === "hidden") {
      return false;
    }
    if (element.closest("[inert]") || !element.checkVisibility({ visibilityProperty: true })) {
      return false;
    }
    if (element.tagName === "SUMMARY") {
      return element.parentElement?.querySelector(":scope > summary") === element;
    }
    if (element.type === "radio" && element.name) {
      const group = [...document.getElementsByName(element.name)].filter((e) => e.type === "radio");
      return element === (group.find((radio) => radio.checked) ?? group[0]);
    }
    return true;
  }

  const controls = () => [...document.querySelectorAll(CONTROLS)].filter(isControl);

  // What can show the focus of an element: itself, its label, what stands beside or around it.
  function carriers(element) {
    const near = [element, element.nextElementSibling, ...(element.labels ?? [])];
    return [...near, element.parentElement].filter(Boolean);
  }

  // How an element looks, part by part; the part that most often shows the focus comes first.
  function* look(element) {
    for (const carrier of carriers(element)) {
      if (!isSeen(carrier)) {
        continue;
      }
      for (const pseudo of [null, "::before", "::after"]) {
        const style = getComputedStyle(carrier, pseudo);
        const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
        yield LOOK.map((name) => (name.startsWith("outline") && !outline ? "" : style[name])).join("|");
      }
    }
  }

  // Whether an element looks as it did without the focus. No more is read than it takes.
  function looksTheSame(element) {
    const before = looks.get(element);
    let number = 0;
    for (const part of look(element)) {
      if (part !== before[number]) {
        return false;
      }
      number += 1;
    }
    return number === before.length;
  }

  // Remember every control and how it looks without the focus; return how many there are. From
  // here on, each press of Tab is noted: where it led to, when its key comes up again.
  function startWalk() {
    steps = [];
    if (!stopper) {
      window.addEventListener("keyup", (event) => event.key === "Tab" && steps.push(here()), true);
    }
    document.activeElement?.blur?.();
    window.scrollTo(0, 0);
    stopper = controls();
    stopper.forEach((element, number) => {
      numbers.set(element, number);
      looks.set(element, [...look(element)]);
    });
    return stopper.length;
  }

  // Which control has the focus (-1: none; a number from 10000 on: one that came later), and faults.
  function here() {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) {
      return [-1, "", ""];
    }
    if (!numbers.has(element)) {
      numbers.set(element, 10000 + stopper.push(element));
      return [numbers.get(element), selector(element), ""];
    }
    const box = element.getBoundingClientRect();
    const shown = carriers(element).filter(isSeen).some((other) => {
      const place = other.getBoundingClientRect();
      return (
        place.bottom > 0 && place.right > 0 &&
        place.top < innerHeight && place.left < document.documentElement.clientWidth
      );
    });
    let fault = "";
    if (!shown) {
      fault = "focus-outside";
    } else if (looks.has(element) && looksTheSame(element)) {
      fault = "focus-invisible";
    } else if (isCovered(element, box)) {
      fault = "focus-covered";
    }
    return [numbers.get(element), selector(element), fault];
  }

  // Whether nothing of an element is left to see, because something fixed lies over it.
  function isCovered(element, box) {
    const points = [[0.5, 0.5], [0.05, 0.1], [0.95, 0.1], [0.05, 0.9], [0.95, 0.9]];
    let inside = 0;
    for (const [right, down] of points) {
      const top = document.elementFromPoint(box.left + box.width * right, box.top + box.height * down);
      if (!top) {
        continue;
      }
      inside += 1;
      let fixed = false;
      for (let at = top; at && !at.contains(element); at = at.parentElement) {
        fixed ||= /fixed|sticky/.test(getComputedStyle(at).position);
      }
      if (!fixed) {
        return false;
      }
    }
    return inside > 0;
  }

  // Where each press of Tab led to since this was last asked.
  function taken() {
    return steps.splice(0);
  }

  // The controls that Tab did not come to, though they are still there.
  function missed(reached) {
    const seen = new Set(reached);
    return stopper
      .map((element, number) => [number, element])
      .filter(([number, element]) => number < 10000 && !seen.has(number) && isControl(element))
      .map(([number, element]) => [number, selector(element)]);
  }

  // What scrolls, but cannot be reached by keyboard in every browser.
  function unreachableScrollers() {
    const found = [];
    for (const element of document.body.querySelectorAll("*")) {
      const style = getComputedStyle(element);
      if (!isScroller(style) || !isSeen(element)) {
        continue;
      }
      const wide = element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(style.overflowX);
      const high = element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(style.overflowY);
      if ((wide || high) && element.tabIndex < 0) {
        const inside =
          [...element.querySelectorAll(CONTROLS)].some(isControl) ||
          [...element.querySelectorAll("label")].some((label) => label.control);
        if (!inside || element.matches("pre")) {
          found.push(selector(element));
        }
      }
    }
    return found;
  }

  const switches = () => [...document.querySelectorAll(".cd-views")];
  const buttons = () => [...document.querySelectorAll("button.cd-copy")].filter(isSeen);

  // From here on, each press of Shift notes what became of the control that has the focus, with its
  // selector, and moves the focus on. `visit` is a generator: it focuses controls, yields for each key
  // that is to be pressed, and returns nothing more when there is none left.
  function goOn(visit) {
    notes = [];
    walker = visit;
    if (!shifted) {
      shifted = true;
      window.addEventListener("keyup", (event) => event.key === "Shift" && walker.next(), true);
    }
    walker.next();
  }

  function noted() {
    return notes.splice(0);
  }

  function startSwitches() {
    const groups = switches();
    goOn((function* () {
      for (const [number, group] of groups.entries()) {
        group.querySelector("input:checked").focus();
        yield;
        const there = showsWhole(number);
        yield;
        notes.push([selector(group), there && !showsWhole(number)]);
      }
    })());
    return groups.length;
  }

  // Whether a figure shows the whole file: no removed line, and every other one.
  function showsWhole(number) {
    const figure = switches()[number].closest("figure");
    const lines = [...figure.querySelectorAll("pre code span.c, pre code ins")];
    const gone = [...figure.querySelectorAll("pre code del")];
    return (
      figure.querySelector("input.cd-whole").checked &&
      gone.every((line) => !line.checkVisibility()) && lines.every((line) => line.checkVisibility())
    );
  }

  function startButtons() {
    const all = buttons();
    goOn((function* () {
      for (const button of all) {
        globalThis.courseCopied = "";
        button.focus();
        yield;
        notes.push([selector(button), Boolean(globalThis.courseCopied)]);
      }
    })());
    return all.length;
  }

  // The code that cannot be read, and buttons that do nothing without the page's scripts.
  function withoutScripts() {
    const found = [];
    for (const code of document.querySelectorAll("main pre, [role=main] pre, article pre")) {
      const block = code.closest(".tabbed-block");
      if (block && !block.checkVisibility()) {
        continue;
      }
      const text = code.innerText.trim();
      if (!isSeen(code) || (code.textContent.trim() && !text)) {
        found.push(["code-hidden", selector(code)]);
      }
    }
    for (const button of document.querySelectorAll("button.cd-copy")) {
      if (isSeen(button)) {
        found.push(["dead-button", selector(button)]);
      }
    }
    return found;
  }

  async function axe(rules) {
    const options = { resultTypes: ["violations"], iframes: false, preload: false };
    const result = await globalThis.axe.run(document, { ...options, ...rules });
    return result.violations
      .filter((found) => ["serious", "critical"].includes(found.impact))
      .flatMap((found) =>
        found.nodes.map((node) => [
          found.id,
          node.target.flat().join(" "),
          [...node.any, ...node.all, ...node.none].map((check) => check.message)[0] ?? found.help,
          found.help,
        ]),
      );
  }

  return {
    axe, clipped, here, hints, lost, missed, noted, prepare, startButtons, startSwitches, startWalk,
    taken, tooWide, unreachableScrollers, withoutScripts,
  };
})();
