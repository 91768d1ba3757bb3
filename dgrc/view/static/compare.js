// Two runs, or two rounds of one: their figures side by side, and the questions on which something changed.

import { format, to } from "./address.js";
import { ask } from "./ask.js";
import { h, number, percent, plural, said, scrollable, show, statusOf } from "./dom.js";
import { listPage } from "./list.js";

// What a round is held against, unless the address says it: the round before, else another run.
export function others(runs, at) {
  const all = runs.flatMap((run) => run.rounds.map((round) => ({ run: run.name, round })));
  const here = all.filter((one) => one.run !== at.run || one.round !== at.round);
  const before = here.filter((one) => one.run === at.run && one.round < at.round).at(-1);
  return { all: here, first: before ?? here.find((one) => one.run !== at.run) ?? here[0] };
}

export function comparePage(runs) {
  return async (at, signal) => {
    const { all, first } = others(runs, at);
    if (!first) {
      const body = h("section", {}, h("h1", {}, "Compare"), h("p.none", {},
        "There is one round of one run here. Give two runs to compare them: dgrc view RUN OTHER."));
      return { body, title: "Compare", keys: {} };
    }
    const head = h("header");
    const withOther = (where) => {
      const params = new URLSearchParams(where.params);
      if (!params.has("with")) params.set("with", first.run);
      if (!params.has("wround")) params.set("wround", params.get("with") === first.run ? first.round : 1);
      return { ...where, params };
    };
    let shown = "";
    const draw = async (where) => {
      const other = { run: where.params.get("with"), round: Number(where.params.get("wround")), page: "overview" };
      const key = `${other.run}/${other.round}`;
      if (key === shown) return;
      const [ours, theirs] = await Promise.all([ask(where, "overview", null, signal), ask(other, "overview", null, signal)]);
      shown = key;
      show(head, heading(where, other, all), figures(where, other, ours, theirs));
    };
    const list = await listPage(withOther(at), signal);
    await draw(withOther(at));
    return {
      ...list, title: "Compare", body: h("div.compare", {}, head, list.body),
      change: async (next) => {
        await draw(withOther(next));
        await list.change(withOther(next));
      },
    };
  };
}

function heading(at, other, all) {
  const value = (one) => `${one.run}/${one.round}`;
  const choose = h("select", {
    "aria-label": "Compared with",
    onchange: (event) => {
      const one = all.find((it) => value(it) === event.target.value);
      location.hash = to(at, { page: "compare", params: new URLSearchParams({ with: one.run, wround: one.round }) });
    },
  }, all.map((one) => h("option", { value: value(one), selected: value(one) === value(other) }, called(one))));
  const turned = to({ ...other }, { page: "compare", params: new URLSearchParams({ with: at.run, wround: at.round }) });
  return [h("h1", {}, "What changed"),
    h("p.from", {}, "from ", choose, " to ", h("strong", {}, said(called(at))), " ", h("a", { href: turned }, "the other way round"))];
}

const called = (one) => `${one.run}, round ${one.round}`;

// Figures that either has, each with its difference.
function figures(at, other, ours, theirs) {
  const rows = [];
  const add = (name, before, after, words = number) => {
    if (before === undefined && after === undefined) return;
    const by = before === undefined || after === undefined ? null : after - before;
    const cell = (x) => h("td.n", {}, x === undefined ? "–" : words(x));
    rows.push(h("tr", {}, h("th", { scope: "row" }, said(name)), cell(before), cell(after),
      h("td.n", {}, by === null ? "" : by === 0 ? "same" : `${by > 0 ? "+" : "−"}${words(Math.abs(by))}`)));
  };
  const counts = (told) => Object.fromEntries(told.funnel.map((step) => [step.name, step.count]));
  const tokens = (told) => told.usage.reduce((all, row) => all + row.completion_tokens, 0);
  const accuracy = (told) => Object.fromEntries(Object.entries(told.evaluation?.models ?? {}).map(([name, score]) => [name, score.accuracy]));
  for (const [read, label, words] of [[counts, (name) => name, number], [(told) => ({ "tokens written": tokens(told) }), (name) => name, number],
    [accuracy, (name) => `accuracy of ${name}`, (x) => percent(x, 1)]]) {
    const [before, after] = [read(theirs), read(ours)];
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) add(label(name), before[name], after[name], words);
  }
  return scrollable(h("section.sides", {}, h("table.figures", {},
    h("thead", {}, h("tr", {}, h("td"), [called(other), called(at), "change"].map((name) => h("th", { scope: "col" }, said(name))))),
    h("tbody", {}, rows))));
}

export function matched(counts) {
  return h("p.quiet", {}, `${plural(counts.both, "question")} in both, of which ${number(counts.changed)} changed`,
    counts.only_here ? `; ${number(counts.only_here)} only in the second` : "", counts.only_there ? `; ${number(counts.only_there)} only in the first` : "");
}

// A question as it was and as it is; each leads to its case.
export function changedRow(at, row) {
  const other = { run: at.params.get("with"), round: Number(at.params.get("wround")) };
  const side = (where, one, words) => h("a.side", { href: format({ ...where, page: "cases", id: row.id }), "data-id": row.id },
    h("span.when", {}, words), statusOf(one.status),
    one.outcome ? h("span.quiet", {}, one.outcome === "mixed" ? "some chains passed" : one.outcome) : null,
    h("span.answers", {}, ["teacher", "student"].map((role) => h(`span.${role}`, { title: role },
      one.answers[role].length ? one.answers[role].map((answer) => h("span.answer", {}, said(answer ?? "–"))) : "–"))));
  return h("li.changed", {}, h("p.text", {}, said(row.text.replace(/\s+/g, " "))),
    side(other, row.before, "was"), side({ run: at.run, round: at.round }, row, "is"));
}
