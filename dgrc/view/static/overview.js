// A run at a glance: what it is doing, the funnel with its losses, what it cost, distributions, accuracies.

import { chosen, to } from "./address.js";
import { ask } from "./ask.js";
import { bars, h, meter, number, percent, plural, said, scrollable, show } from "./dom.js";
import { clock, nowBlock } from "./now.js";

const STATES = { working: "under way", elsewhere: "under way on another machine", complete: "complete", stopped: "stopped", damaged: "damaged", unknown: "unknown" };

export async function overviewPage(at, signal) {
  const body = h("div.overview");
  const place = scrollable(h("div.now"));
  let told = null;
  let now = null;
  function drawNow(news) {
    if (now && JSON.stringify(news) === JSON.stringify(now)) return;
    now = news;
    show(place, nowBlock(now, at.round));
    const state = body.querySelector(".state");
    if (state) show(state, STATES[now.status.state] ?? now.status.state);
    if (state) state.className = `state ${now.status.state}`;
  }
  async function whole() {
    told = await ask(at, "overview", null, signal);
    drawNow(told.now);
    show(body, draw(at, told, place));
    for (const section of body.querySelectorAll("section")) scrollable(section);
  }
  // What it does is asked for every few seconds, and the rest of the page only when it has changed.
  async function again() {
    const news = await ask(at, "now", null, signal);
    if (news.version === told.now.version) drawNow(news);
    else await whole();
  }
  await whole();
  return { body, title: "Overview", keys: {}, again };
}

function draw(at, told, place) {
  return [
    head(told, place),
    told.counts.cases || told.counts.questions ? funnel(at, told) : empty(told),
    told.evaluation?.models ? evaluation(told.evaluation) : null,
    marks(at, told.marks),
    Array.isArray(told.rounds_figures) && told.rounds_figures.length > 1 ? rounds(told.rounds_figures) : null,
    told.usage.length ? usage(told) : null,
    h("div.charts", {}, charts(at, told)),
    steps(told),
  ];
}

function head(told, place) {
  const { state, damaged } = told.status;
  return h("header.head", {},
    h("h1", {}, said(told.name), h(`span.state.${state}`, {}, STATES[state] ?? state)),
    h("p.quiet", {}, said(told.run), told.rounds.length > 1 ? `, round ${told.round} of ${told.rounds.length}` : ""),
    place,
    (told.warnings ?? []).map((words) => h("p.warn", {}, said(String(words)))),
    damaged.map((words) => h("p.warn", {}, said(words))),
    told.troubles.map((words) => h("p.warn", {}, said(words))),
    told.unreadable.length ? h("details.warn", {},
      h("summary", {}, `${plural(told.unreadable.length, "file")} of the run cannot be read. All else is shown.`),
      h("ul", {}, told.unreadable.map((one) => h("li", {}, said(`${one.stream}/${one.file}: ${one.words}`))))) : null);
}

function empty(told) {
  return h("p.none", {}, told.now.building.active ? "Figures appear here as the index grows."
    : "Nothing was read yet that could be shown. Questions come first: `dgrc curate` reads them.");
}

function funnel(at, told) {
  const most = (unit) => Math.max(1, ...told.funnel.filter((step) => step.unit === unit).map((step) => step.count));
  return h("section", {}, h("h2", {}, "From questions to curriculum"),
    h("table.funnel", {},
      h("thead.hidden", {}, h("tr", {}, ["Step", "Share", "Number", "Lost before it"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, told.funnel.map((step) => h("tr", {},
        h("th", { scope: "row" }, h("a", { href: to(at, { page: step.page, params: chosen(step.chosen) }) }, step.name)),
        h("td.bar", {}, meter(step.count / most(step.unit), step.unit)),
        h("td.n", {}, number(step.count)),
        h("td.losses", {}, step.losses.map((loss) =>
          h("a.loss", { href: to(at, { page: loss.page, params: chosen(loss.chosen) }) },
            `−${number(loss.count)} `, said(loss.name.replaceAll("_", " ")))))))))); 
}

function evaluation(report) {
  const models = Object.entries(report.models);
  return h("section", {}, h("h2", {}, "Held-out accuracy"),
    h("table.figures", {},
      h("caption", {}, `${plural(report.questions, "question")}; bars are ${percent(report.confidence)} intervals`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "model"), h("td"), ["accuracy", "interval", "not read", "p against dgrc"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, models.map(([name, score]) => h("tr", {},
        h("th", { scope: "row" }, said(name)),
        h("td.bar", {}, interval(score)),
        h("td.n", {}, number3(score.accuracy)),
        h("td.n", {}, `${number3(score.low)} to ${number3(score.high)}`),
        h("td.n", {}, score.unparsed ?? ""),
        h("td.n", {}, report.against?.[name] ? report.against[name].p_value.toPrecision(2) : ""))))),
    (report.warnings ?? []).map((words) => h("p.warn", {}, said(String(words)))));
}

function marks(at, told) {
  const list = (page, words) => h("a", { href: to(at, { page, params: chosen({ marked: ["marked wrong"] }) }) }, words);
  const warned = [told.problem, told.unreadable ? `${plural(told.unreadable, "line")} of marks.jsonl cannot be read (${told.first_problem}).` : ""]
    .filter(Boolean).map((words) => h("p.warn", {}, said(words)));
  if (!told.shares.length && !warned.length && !told.elsewhere) return null;
  return h("section", {}, h("h2", {}, "Found right by people"), warned,
    told.shares.length ? h("table.figures.shares", {},
      h("caption", {}, "bars are 95 % intervals, for marks on what was picked by chance (order “at random”)"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "marked"), h("td"), ["right", "share", "interval"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, told.shares.map((one) => h("tr", {},
        h("th", { scope: "row" }, one.name),
        h("td.bar", {}, interval({ low: one.low, high: one.high, accuracy: one.share })),
        h("td.n", {}, `${number(one.right)} of ${number(one.n)}`), h("td.n", {}, percent1(one.share)),
        h("td.n", {}, `${percent1(one.low)} to ${percent1(one.high)}`))))) : null,
    h("p.quiet", {}, list("cases", "cases marked wrong"), " · ", list("atoms", "atoms marked wrong"),
      told.elsewhere ? ` · ${plural(told.elsewhere, "mark")} on texts that this round does not have` : "",
      told.closed ? [" · ", said(told.closed)] : ""));
}

function interval(score) {
  const ns = "http://www.w3.org/2000/svg";
  const made = document.createElementNS(ns, "svg");
  made.setAttribute("class", "interval");
  made.setAttribute("viewBox", "0 0 100 12");
  made.setAttribute("preserveAspectRatio", "none");
  made.setAttribute("aria-hidden", "true");
  const add = (name, x, width, height) => {
    const part = document.createElementNS(ns, "rect");
    for (const [key, value] of Object.entries({ class: name, x, y: 6 - height / 2, width, height })) part.setAttribute(key, value);
    made.append(part);
  };
  add("under", 0, 100, 2);
  add("range", 100 * score.low, Math.max(0.5, 100 * (score.high - score.low)), 5);
  add("point", 100 * score.accuracy - 0.6, 1.2, 12);
  return made;
}

function rounds(figures) {
  const named = [["divergent", percent1], ["new_atoms", number], ["teacher_tokens", number], ["agreement", percent1], ["accuracy", percent1]];
  return h("section", {}, h("h2", {}, "Rounds"), h("table.figures", {},
    h("thead", {}, h("tr", {}, ["round", "divergent", "new atoms", "teacher tokens", "agrees with verified", "held-out"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, figures.map((row) => h("tr", {}, h("th", { scope: "row" }, row.round, row.stopped_by ? ` (stopped by ${row.stopped_by})` : ""),
      named.map(([key, words]) => h("td.n", {}, row[key] === undefined ? "" : words(row[key]))))))));
}

function usage(told) {
  const paid = told.usage.some((row) => row.money !== undefined);
  const sum = (name) => told.usage.reduce((all, row) => all + (row[name] ?? 0), 0);
  const row = (one, cells) => [number(one.calls ?? 0), number(one.prompt_tokens ?? 0), number(one.cached_tokens ?? 0), number(one.completion_tokens ?? 0), ...cells]
    .map((cell) => h("td.n", {}, cell));
  const all = { calls: sum("calls"), prompt_tokens: sum("prompt_tokens"), cached_tokens: sum("cached_tokens"), completion_tokens: sum("completion_tokens") };
  return h("section", {}, h("h2", {}, "What it cost"), h("table.figures", {},
    h("thead", {}, h("tr", {}, ["role", "step", "calls", "tokens read", "of them cached", "tokens written", ...(paid ? ["money"] : [])].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, told.usage.map((one) => h("tr", {}, h("th", { scope: "row" }, said(one.role)), h("td", {}, said(one.step)),
      row(one, paid ? [(one.money ?? 0).toFixed(2)] : [])))),
    h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "all"), h("td", {}), row(all, paid ? [sum("money").toFixed(2)] : [])))));
}

function charts(at, told) {
  const list = (page, facet) => (rows) => rows.map(([name, count]) => [String(name).replaceAll("_", " "), count, to(at, { page, params: chosen({ [facet]: [name] }) })]);
  const tenths = told.agreement.map((count, n) => [n === 10 ? "all agree" : `${n * 10} to ${n * 10 + 9} %`, count,
    to(at, { page: "atoms", params: chosen({ agreement: [`${n * 10} %`] }) })]).filter((row) => row[1]);
  return [
    told.verdicts.length ? bars(list("cases", "verdict")(told.verdicts), "Questions by verdict") : null,
    told.read_by.length ? bars(list("cases", "read_by")(told.read_by), "Questions by how answers were read") : null,
    tenths.length ? bars(tenths, "Atoms by agreement of their answers", "atoms") : null,
    told.judge.length ? bars(list("atoms", "judge")(told.judge), "Atoms by the judge's score", "atoms") : null,
    told.atoms.length > 1 ? bars(list("atoms", "became")(told.atoms), "What became of the atoms", "atoms") : null,
  ].filter(Boolean).map((one) => h("section", {}, one));
}

function steps(told) {
  const done = Object.entries(told.status.steps?.[told.round] ?? {});
  if (!done.length) return null;
  return h("section", {}, h("h2", {}, "Steps"), h("table.figures", {},
    h("thead", {}, h("tr", {}, ["step", "rows", "time"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, done.map(([name, report]) => h("tr", {}, h("th", { scope: "row" }, said(name)),
      h("td.n", {}, report.rows === undefined ? "" : number(report.rows)),
      h("td.n", {}, report.seconds === undefined ? "" : clock(report.seconds)))))));
}

const number3 = (x) => Number(x).toFixed(3);
const percent1 = (x) => percent(x, 1);
