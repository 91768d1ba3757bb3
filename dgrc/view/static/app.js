// The pages: the address in, what it names on the screen. One page is drawn at a time; while a run goes on, it is drawn
// again when there is something new.

import { format, parse, to } from "./address.js";
import { ask, get } from "./ask.js";
import { atomPage } from "./atom.js";
import { casePage } from "./case.js";
import { comparePage, others } from "./compare.js";
import { h, said, show } from "./dom.js";
import { JUDGE_KEYS } from "./judge.js";
import { listPage } from "./list.js";
import { overviewPage } from "./overview.js";

const EVERY_MS = 3000;
const PAGES = { overview: overviewPage, cases: listPage, atoms: listPage, compare: (...given) => comparePage(runs)(...given) };
const bar = document.getElementById("bar");
const main = document.getElementById("main");
const notes = document.getElementById("notes");
let runs = [];
let current = null; // {at, keys, again, stop}

async function draw() {
  const at = parse(location.hash);
  if (!runs.some((run) => run.name === at.run)) {
    location.replace(format({ run: runs[0].name, round: runs[0].rounds.at(-1), page: "overview" }));
    return;
  }
  const before = current;
  const stop = new AbortController();
  current = { at, keys: {}, stop };
  const mine = current;
  drawBar(at);
  // A list that only changes what it shows stays, with its search field and what is typed there.
  const stays = before?.change && before.at.page === at.page && !before.at.id && !at.id && same(before.at, at);
  if (!stays) before?.stop.abort();
  try {
    if (stays) {
      current = { ...before, at };
      await before.change(at);
      return;
    }
    const page = at.id ? (at.page === "atoms" ? atomPage : casePage) : PAGES[at.page] ?? overviewPage;
    const made = await page(at, stop.signal);
    if (current !== mine) return;
    Object.assign(current, made);
    show(main, made.body);
    document.title = `${made.title} – ${at.run} – dgrc`;
    if (before && !made.keep) {
      window.scrollTo(0, 0);
      main.focus({ preventScroll: true });
    }
    made.ready?.();
  } catch (problem) {
    if (problem.name === "AbortError" || current !== mine) return;
    document.title = `${at.run} – dgrc`;
    show(main, h("section.trouble", { role: "alert" }, h("h1", {}, "This cannot be shown"), said(problem.message, "p"),
      h("p", {}, h("a", { href: to(at, { page: "overview" }) }, "What the run has"))));
  }
}

const same = (one, other) => one.run === other.run && one.round === other.round;

function drawBar(at) {
  const run = runs.find((one) => one.name === at.run);
  const link = (page, words) =>
    h("a", { href: to(at, { page }), "aria-current": at.page === page ? "page" : null }, words);
  const go = (change) => { location.hash = to(at, { page: at.page, ...change }); };
  show(bar,
    h("span.mark", {}, "dgrc"),
    runs.length > 1
      ? h("label.choose", {}, h("span.hidden", {}, "Run"), select(runs.map((one) => one.name), at.run, (name) => {
        go({ run: name, round: runs.find((one) => one.name === name).rounds.at(-1) });
      }))
      : h("span.run", { title: run.root }, said(at.run)),
    run.rounds.length > 1
      ? h("label.choose", {}, "round ", select(run.rounds.map(String), String(at.round), (n) => go({ round: Number(n) })))
      : null,
    h("nav", { "aria-label": "Pages" }, link("overview", "Overview"), link("cases", "Cases"), link("atoms", "Atoms"),
      others(runs, at).first || at.page === "compare" ? link("compare", "Compare") : null),
    h("button.help", { type: "button", "aria-label": "Keys", title: "Keys", onclick: help }, "?"));
}

function select(values, value, onchange) {
  return h("select", { onchange: (event) => onchange(event.target.value) },
    values.map((one) => h("option", { value: one, selected: one === value }, one)));
}

function help() {
  const box = h("dialog.help", { "aria-label": "Keys" },
    h("h2", {}, "Keys"),
    h("dl", {}, [
      ["j, k, ↓, ↑", "the next or previous row of a list"], ["Enter", "opens it"],
      ["j, k, →, ←", "in a case: the next or previous one of the list"], ["u", "back to the list"],
      ...JUDGE_KEYS, ["/", "search"], ["g o, g c, g a, g d", "overview, cases, atoms, what changed"], ["?", "these keys"],
    ].map(([key, does]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, does)])),
    h("form", { method: "dialog" }, h("button", {}, "Close")));
  document.body.append(box);
  box.addEventListener("close", () => box.remove());
  box.showModal();
}

let prefix = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !current) return;
  const typing = event.target.closest("input, textarea, select, dialog");
  if (typing) {
    if (event.key === "Escape" && event.target.matches("input")) event.target.blur();
    return;
  }
  const goes = { o: "overview", c: "cases", a: "atoms", d: "compare" }[event.key];
  if (prefix && goes) location.hash = to(current.at, { page: goes });
  else if (event.key === "?") help();
  else if (event.key === "/" && !current.keys["/"]) location.hash = to(current.at, { page: "cases" });
  else if (current.keys[event.key]) current.keys[event.key](event);
  else {
    prefix = event.key === "g";
    return;
  }
  prefix = false;
  event.preventDefault();
});

// While a run goes on, or its index is being built, what is shown is asked for again.
async function follow() {
  const seen = current;
  if (seen?.again && !document.hidden) {
    try {
      await seen.again(notes);
    } catch (problem) {
      if (problem.name !== "AbortError" && current === seen) show(notes, h("p", {}, problem.message));
    }
  }
  setTimeout(follow, EVERY_MS);
}

try {
  runs = await get("api/runs");
  window.addEventListener("hashchange", draw);
  await draw();
  follow();
} catch (problem) {
  show(main, h("section.trouble", { role: "alert" }, said(problem.message, "p")));
}
