// One atom: its question in all wordings, every answer, who asked it, and whose chains it contradicts.

import { format } from "./address.js";
import { ask } from "./ask.js";
import { steps, unreadReplies, walking } from "./case.js";
import { bars, folded, h, meter, percent, plural, said } from "./dom.js";
import { Judging } from "./judge.js";
import { drawRow } from "./list.js";

export async function atomPage(at, signal) {
  const told = await ask(at, `atoms/${encodeURIComponent(at.id)}`, at.params, signal);
  const counted = new Map();
  for (const answer of told.answers) counted.set(answer || "not read", (counted.get(answer || "not read") ?? 0) + 1);
  const others = told.variants.filter((wording) => wording !== told.question);
  const judging = new Judging(at, told.marking, signal);
  const asked = h("section.question", { tabindex: "-1" },
    h("h1", {}, said(told.question), h(`span.status.${told.kept ? "kept" : "dropped"}`, {}, told.kept ? "kept" : "dropped")),
      h("p.reply", {}, "→ ", told.answer ? said(told.answer) : h("em", {}, "no answer could be read")),
      told.kept ? null : h("p.warn", {}, "Dropped: ", said((told.dropped_because ?? "").replaceAll("_", " "))),
      told.error ? h("p.warn", {}, said(told.error)) : null,
      h("p.quiet", {}, h("span.agree", {}, meter(told.agreement, "atoms")), `${percent(told.agreement)} of ${plural(told.answers.length, "answer")} agree`,
        told.judge !== null ? ` · judge ${told.judge}` : "", told.ifd !== null ? ` · difficulty ${told.ifd.toFixed(2)}` : "", ` · id ${told.id}`),
      told.cluster ? h("p.quiet", {}, "says what ", h("a", { href: format({ ...at, id: told.cluster, params: null }) }, "another one"), " says") : null);
  asked.append(judging.place(asked, told, { what: "atom", id: told.id, chain: null, name: "this atom" }));
  const body = h("article.case.atomic", {},
    steps(at, told.around, "atoms"),
    asked,
    told.answers.length ? h("section", {}, bars([...counted].sort((a, b) => b[1] - a[1]), "Answers", "atoms")) : null,
    told.rationale ? h("section", {}, h("h2", {}, "Rationale"), h("div.text", {}, folded(told.rationale))) : null,
    told.unread.length ? h("section.raw", {}, h("h2", {}, "Replies without an answer"), unreadReplies(told)) : null,
    others.length ? h("section", {}, h("h2", {}, "Other wordings"), h("ul", {}, others.map((one) => h("li", {}, said(one))))) : null,
    cases(at, "Contradicts chains of", told.contradicts, told.contradicts_count),
    cases(at, "Asked by", told.asked_by, told.asked_by_count));
  const keys = { ...judging.keys, ...walking(at, told.around, "atoms") };
  return { body, title: "Atom", keys, again: () => judging.again() };
}

function cases(at, words, rows, count) {
  if (!count) return null;
  return h("section.list", {}, h("h2", {}, `${words} ${plural(count, "question")}`),
    h("ol.rows", {}, rows.map((row) => drawRow(at, row, "cases"))),
    count > rows.length ? h("p.quiet", {}, `The first ${rows.length} are shown.`) : null);
}
