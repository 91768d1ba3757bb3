// A list, of cases or atoms: facets with counts, search, an order, rows that follow as one scrolls.

import { format, to } from "./address.js";
import { ask } from "./ask.js";
import { changedRow, matched } from "./compare.js";
import { h, number, percent, plural, said, show, statusOf } from "./dom.js";

const WAIT_MS = 180;
const WORDS = {
  cases: { title: "Cases", one: "case", find: "Search questions, options, chains, atoms, ids" },
  compare: { title: "Questions that changed", one: "question", find: "Search questions, options, chains, atoms, ids" },
  atoms: { title: "Atoms", one: "atom", find: "Search atomic questions and answers" },
};

export async function listPage(at, signal) {
  const words = WORDS[at.page];
  const place = { rows: h("ol.rows"), facets: h("div.values"), count: h("p.count", { role: "status" }), notice: h("div.notice"), matched: h("div") };
  const search = h("input", {
    type: "search", value: at.params.get("q") ?? "", placeholder: words.find, "aria-label": words.find, spellcheck: "false",
  });
  const order = h("select", { "aria-label": "Order" });
  const end = h("div.end");
  let told = null;
  let loading = false;
  let typed;

  const go = (params) => { location.hash = format({ ...at, params }); };
  const changed = (name, values) => {
    const params = new URLSearchParams(at.params);
    params.delete(name);
    for (const one of values) if (one) params.append(name, one);
    go(params);
  };
  search.addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(() => changed("q", [search.value]), WAIT_MS);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      search.blur();
      move(1);
    }
  });
  order.addEventListener("change", () => changed("order", [order.value]));

  async function first() {
    const asked = at;
    const found = await ask(asked, asked.page, asked.params, signal);
    if (asked !== at) return;
    told = found;
    show(place.notice);
    show(order, told.orders.map((name) => h("option", { value: name, selected: name === told.order }, name)));
    show(place.facets, told.facets.map((facet) => drawFacet(facet, at, changed)));
    show(place.rows, told.rows.map((row) => drawRow(at, row)));
    if (told.counts) show(place.matched, matched(told.counts));
    place.count.textContent = told.total === told.of
      ? plural(told.total, words.one) : `${number(told.total)} of ${plural(told.of, words.one)}`;
    if (!told.total) show(place.rows, h("li.none", {}, nothing(told, words.one)));
    more();
  }

  async function more() {
    const last = place.rows.querySelector("li:last-child a")?.dataset.id;
    if (loading || !told || !last || place.rows.children.length >= told.total) return;
    if (end.getBoundingClientRect().top > innerHeight * 2) return;
    loading = true;
    const asked = at;
    try {
      const params = new URLSearchParams(at.params);
      params.set("after", last);
      const next = await ask(at, at.page, params, signal);
      if (asked === at) place.rows.append(...next.rows.map((row) => drawRow(at, row)));
      if (!next.rows.length) told.total = place.rows.children.length;
    } finally {
      loading = false;
    }
    more();
  }

  function move(by) {
    const links = [...place.rows.querySelectorAll("a")];
    const now = links.indexOf(document.activeElement);
    const next = links[Math.max(0, Math.min(links.length - 1, now < 0 ? (by > 0 ? 0 : links.length - 1) : now + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
    if (now + by >= links.length - 5) more();
  }

  async function again() {
    if (!told) return;
    const params = new URLSearchParams(at.params);
    params.set("limit", "1");
    const now = await ask(at, at.page, params, signal);
    if (now.total === told.total && now.of === told.of) return;
    if (!told.total || scrollY < 80) return void await first();
    show(place.notice, h("button", { type: "button", onclick: first }, "There is more now: show it"));
  }

  const scrolled = () => more().catch(() => {});
  addEventListener("scroll", scrolled, { passive: true, signal });
  const facets = h("details.facets", { open: innerWidth > 800 }, h("summary", {}, "Filter"), place.facets);
  const body = h("div.list", {},
    h(at.page === "compare" ? "h2.hidden" : "h1.hidden", {}, words.title),
    facets,
    h("section.found", {},
      h("div.tools", {}, search, h("label.order", {}, "by ", order)),
      place.matched, place.count, place.notice, place.rows, end));
  await first();
  return {
    body, title: words.title, again,
    change: async (next) => {
      at = next;
      if (document.activeElement !== search) search.value = at.params.get("q") ?? "";
      await first();
    },
    keys: {
      j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
      "/": () => { search.focus(); search.select(); },
    },
  };
}

function nothing(told, one) {
  if (told.building.active) return `The index is being built: ${plural(told.building.waiting, "file")} to go. Rows appear here as they are read.`;
  if (told.building.failed) return `The index could not be built: ${told.building.failed}`;
  if (told.of) return `No ${one} has all of this. Take a filter or a word away.`;
  return told.counts ? "Nothing changed on the questions that both have." : `The run has no ${one}s yet.`;
}

function drawFacet(facet, at, changed) {
  const on = at.params.getAll(facet.name);
  const missing = on.filter((name) => !facet.values.some(([value]) => value === name)).map((name) => [name, 0]);
  const values = [...facet.values, ...missing];
  const one = values.length === 1 && !facet.name.endsWith("_was");  // of what changed one way tells something, too
  if (!values.length || (one && !on.length)) return null;
  return h("fieldset", {},
    h("legend", {}, facet.label),
    values.map(([name, count]) => h("label", {},
      h("input", {
        type: "checkbox", checked: on.includes(name),
        onchange: (event) => changed(facet.name, event.target.checked ? [...on, name] : on.filter((one) => one !== name)),
      }),
      h("span.name", {}, said(name)), h("span.n", {}, number(count)))));
}

export function drawRow(at, row, page = at.page) {
  if (page === "compare") return changedRow(at, row);
  const params = page === at.page ? at.params : new URLSearchParams();
  const href = format({ ...at, page, id: row.id, params });
  return h("li", {}, h("a", { href, "data-id": row.id }, page === "cases" ? ofCase(row) : ofAtom(row)));
}

function ofCase(row) {
  const letters = (role) => h(`span.${role}`, { title: role },
    row.answers[role].length ? row.answers[role].map((answer) => h("span.answer", {}, said(answer ?? "–"))) : "–");
  return [
    h("span.how", {}, statusOf(row.status),
      row.outcome ? h("span.quiet", {}, row.outcome === "mixed" ? "some chains passed" : row.outcome) : null),
    h("span.text", {}, said(row.text.replace(/\s+/g, " "))),
    h("span.answers", {}, letters("teacher"), letters("student")),
  ];
}

function ofAtom(row) {
  return [
    h(`span.status.${row.kept ? "kept" : "dropped"}`, {}, said(row.why.replaceAll("_", " "))),
    h("span.text", {}, said(row.question.replace(/\s+/g, " ")), row.answer ? h("span.reply", {}, " → ", said(row.answer)) : null),
    h("span.answers", {}, h("span", {}, row.answers ? `${percent(row.agreement)} of ${row.answers}` : "not answered"),
      h("span.quiet", {}, `asked by ${number(row.asked)}`)),
  ];
}
