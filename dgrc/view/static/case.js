// One case: the question, the chains of a pair in columns with the sentences at which they part, what was asked there,
// and why each chain was kept or dropped.

import { format, to } from "./address.js";
import { ask } from "./ask.js";
import { folded, h, meter, number, percent, pieces, plural, said, show, statusOf } from "./dom.js";
import { Judging } from "./judge.js";

export async function casePage(at, signal) {
  const told = await ask(at, `cases/${encodeURIComponent(at.id)}`, at.params, signal);
  const pair = Math.min(Number(at.params.get("pair") ?? 0) || 0, Math.max(0, told.pairs.length - 1));
  const lit = new Lit();
  const judging = new Judging(at, told.marking, signal);
  const body = h("article.case", {},
    steps(at, told.around, "cases"),
    question(at, told),
    told.error ? h("p.warn", {}, "This question failed: ", said(told.error)) : null,
    told.audit ? h("p.note", {}, "A third model audited this question: ", said(told.audit), ".") : null,
    chains(at, told, pair, lit, judging),
    diagnoses(at, told, lit, judging),
    prompts(at, told, signal));
  const keys = { ...judging.keys, ...walking(at, told.around, "cases") };
  return { body, title: heading(told), keys, again: () => judging.again() };
}

const heading = (told) => told.question?.source_id || told.id;

export function walking(at, around, page) {
  const go = (id) => () => { if (id) location.hash = format({ ...at, id, params: without(at.params, "pair") }); };
  const back = () => { location.hash = format({ ...at, page, id: null, params: without(at.params, "pair") }); };
  return {
    j: go(around.after), ArrowRight: go(around.after), k: go(around.before), ArrowLeft: go(around.before), u: back,
    "/": back,
  };
}

export function steps(at, around, page) {
  const params = without(at.params, "pair");
  const link = (id, words, label) => id
    ? h("a.step", { href: format({ ...at, id, params }), "aria-label": label }, words)
    : h("span.step.off", { "aria-hidden": "true" }, words);
  return h("nav.steps", { "aria-label": "In the list" },
    h("a", { href: format({ ...at, page, id: null, params }) }, `← ${page}`),
    h("span.quiet", {}, around.place ? `${number(around.place)} of ${number(around.total)}` : "not in this list"),
    link(around.before, "‹ previous", `previous of the ${page}`), link(around.after, "next ›", `next of the ${page}`));
}

function without(params, name) {
  const left = new URLSearchParams(params);
  left.delete(name);
  return left;
}

function question(at, told) {
  const from = told.question;
  return h("section.question", {},
    h("h1", {}, said(heading(told)), statusOf(told.status)),
    h("div.text", {}, folded(told.text)),
    told.options.length ? h("ul.options", {}, told.options.map((option) => h("li", {}, said(option)))) : null,
    h("p.quiet", {}, from ? said(from.source) : "", ` · id ${told.id}`, told.several ? " · several options may be right" : "",
      from?.label ? [" · label of the file, which curation never reads: ", said(from.label)] : ""),
    from?.meta ? h("details.quiet", {}, h("summary", {}, "What the file says beside it"), h("div.text", {}, folded(from.meta))) : null);
}

function chains(at, told, pair, lit, judging) {
  const [ours, role, theirs] = told.pairs[pair] ?? [0, "student", 0];
  const parting = told.partings[pair] ?? {};
  const column = (name, chosen, part) => h(`div.column.${name}`, {},
    h("h2", {}, name === "teacher" ? "Teacher" : name === "student" ? "Student" : "Auditor"),
    told.chains[name].length ? null : h("p.none", {}, "No chain."),
    told.chains[name].map((chain, n) => drawChain(name, chain, n, n === chosen, n === chosen ? part : null, lit, told, judging)));
  const choose = told.pairs.length > 1 ? h("nav.pairs", { "aria-label": "Pairs of chains that part" },
    told.pairs.map(([one, who, other], n) => {
      const params = new URLSearchParams(at.params);
      params.set("pair", n);
      return h("a", { href: format({ ...at, params }), "aria-current": n === pair ? "true" : null }, `teacher ${one} · `, said(who), ` ${other}`);
    })) : null;
  const marked = parting.teacher || parting.other
    ? h("p.legend", {}, h("span.sample", {}, "Marked"), " is the first sentence of each that says what the other does not.") : null;
  return h("section.chains", { "aria-label": "Chains" }, choose, marked,
    h("div.columns", {}, column("teacher", ours, parting.teacher), column(role, theirs, parting.other),
      ["student", "auditor"].filter((name) => name !== role && told.chains[name].length).map((name) => column(name, -1, null))));
}

function drawChain(role, chain, n, open, span, lit, told, judging) {
  const verdict = chain.verdict;
  const kind = chain.kept ? "kept" : verdict?.consistent === false ? "against" : verdict?.consistent ? "passed" : "";
  const how = chain.answer !== null && !["tag", "read"].includes(chain.read_by) ? [", read by ", said(chain.read_by)] : "";
  const box = h(`details.chain.${kind || "plain"}`, { open, id: `${role}-${n}` },
    h("summary", {},
      h("span.who", {}, `${role} ${n}`),
      h("span.letter", {}, said(chain.answer ?? chain.read_by)),
      h("span.quiet", {}, plural(chain.tokens, "token"), how),
      chain.why ? h("span.why", {}, said(chain.why)) : null),
    chain.thoughts ? h("details.thoughts", { open: span === null && !chain.text }, h("summary", {}, "Thoughts"), h("div.text", {}, folded(chain.thoughts))) : null,
    h("div.text.said", {}, span ? marked(chain.text, span, lit) : folded(chain.text, (part) => lit.text(part))),
    verdict?.contradicted_by.length ? h("ul.contradicted", {}, verdict.contradicted_by.map((id) => {
      const atom = told.atoms.find((one) => one.id === id);
      return h("li", {}, "contradicted by: ", h("a", { href: `#fact-${id}`, onclick: jump }, said(atom?.question ?? id)),
        atom?.answer ? [" → ", said(atom.answer)] : "");
    })) : null);
  if (chain.sha) box.append(judging.place(box, chain, { what: "chain", id: told.id, chain: n, name: `${role} ${n}` }));
  return box;
}

function jump(event) {
  event.preventDefault();
  const place = document.getElementById(event.currentTarget.getAttribute("href").slice(1));
  place?.scrollIntoView({ block: "center" });
  place?.focus();
}

// Spans count characters as Python does, by code points.
function marked(text, [start, end], lit) {
  const points = Array.from(text);
  const part = (from, to_) => points.slice(from, to_).join("");
  const before = part(0, start);
  const after = part(end);
  return h("bdi", { dir: "auto" },
    folded(before, (some) => lit.text(some, "span")),
    h("mark.parting", {}, h("bdi.hidden", {}, "[they part here] "), folded(part(start, end), (some) => lit.text(some, "span"))),
    folded(after, (some) => lit.text(some, "span")));
}

function diagnoses(at, told, lit, judging) {
  const asked = told.atoms.filter((atom) => atom.asked_here);
  const elsewhere = told.atoms.filter((atom) => !atom.asked_here);
  const refused = told.diagnoses.flatMap((one) => one.refused);
  const failed = told.diagnoses.filter((one) => one.error);
  return [
    h("section.asked", {}, h("h2", {}, "What the teacher asked itself"),
      told.diagnoses.length ? null : h("p.none", {}, told.status === "agreeing"
        ? "Both models agree, so it was asked nothing." : "Nothing: no two answers could be compared."),
      failed.map((one) => h("p.warn", {}, `teacher ${one.teacher} against `, said(one.against), ` ${one.other}: no usable reply. `, said(one.error))),
      h("ol.atoms", {}, asked.map((atom) => drawAtom(at, atom, lit, judging))),
      refused.length ? h("details", {}, h("summary", {}, `${plural(refused.length, "question")} refused`),
        h("ul", {}, refused.map((one) => h("li", {}, said(one.text), " – ", said(one.reason.replaceAll("_", " ")))))) : null),
    elsewhere.length ? h("section.asked", {}, h("h2", {}, "Facts that other questions brought up"),
      h("ol.atoms", {}, elsewhere.map((atom) => drawAtom(at, atom, lit, judging)))) : null,
  ];
}

function drawAtom(at, atom, lit, judging) {
  const on = () => lit.light(atom.words);
  const off = () => lit.light([]);
  const findings = atom.chains.filter((one) => one.finding);
  const against = atom.relations.some((one) => one.relation === "contradicts");
  const box = h(`li.atom.${against ? "against" : "plain"}`, {
    id: `fact-${atom.id}`, tabindex: "-1", onmouseenter: on, onmouseleave: off, onfocusin: on, onfocusout: off,
  },
  h("p.ask", {}, h("a", { href: to(at, { page: "atoms", id: atom.id }) }, said(atom.question ?? atom.id))),
  atom.answered ? [
    h("p.reply", {}, "→ ", atom.answer ? said(atom.answer) : h("em", {}, "no answer could be read")),
    h("p.quiet", {}, h("span.agree", {}, meter(atom.agreement, "atoms")), `${percent(atom.agreement)} of ${plural(atom.answers.length, "answer")} agree`,
      ` · asked by ${plural(atom.asked, "question")}`, atom.judge !== null && atom.judge !== undefined ? ` · judge ${atom.judge}` : "",
      atom.kept ? "" : h("span.dropped", {}, " · dropped: ", said((atom.dropped_because ?? "").replaceAll("_", " ")))),
    h("ul.relations", {}, atom.relations.map((one) =>
      h(`li.${one.relation === "contradicts" ? "against" : "fine"}`, {}, `${one.relation} teacher ${one.chains.join(", ")}`))),
    findings.length ? h("ul.findings", {}, findings.map((one) => h("li", {}, `${one.who}: `, said(one.finding)))) : null,
    h("details", {}, h("summary", {}, "All answers"), h("ul", {}, atom.answers.map((one) => h("li", {}, one ? said(one) : h("em", {}, "not read")))),
      atom.rationale ? h("div.text", {}, folded(atom.rationale)) : null, unreadReplies(atom)),
  ] : h("p.quiet", {}, "not answered yet"));
  if (atom.sha) box.append(judging.place(box, atom, { what: "atom", id: atom.id, chain: null, name: "this atom" }));
  return box;
}

// What was replied and gave no answer, as it came.
export function unreadReplies(atom) {
  return atom.unread.map((one) => h("details", {}, h("summary", {}, "A reply that gave no answer: ", said(one.reason.replaceAll("_", " "))),
    h("pre", {}, folded(one.text, (part) => h("span", {}, pieces(part))))));
}

function prompts(at, told, signal) {
  const place = h("div");
  const box = h("details", {
    ontoggle: async () => {
      if (!box.open || place.children.length) return;
      try {
        const turns = await ask(at, `cases/${encodeURIComponent(at.id)}/prompt`, null, signal);
        show(place, turns.map((turn) => [h("h3", {}, said(turn.role)), h("pre", {}, pieces(turn.content))]));
      } catch (problem) {
        show(place, h("p.warn", {}, said(problem.message)));
      }
    },
  }, h("summary", {}, "The prompt of the chains, made again from the run's settings"), place);
  const raw = told.diagnoses.filter((one) => one.raw).map((one) => h("details", {},
    h("summary", {}, `The teacher's reply on teacher ${one.teacher} against `, said(one.against), ` ${one.other}, as it came`),
    h("pre", {}, folded(one.raw, (part) => h("span", {}, pieces(part))))));
  return h("section.raw", {}, h("h2", {}, "As it was said"), box, raw);
}

// The words of an atom, lit wherever they stand in the chains that are shown.
class Lit {
  constructor() { this.places = []; }

  text(words, name = "bdi") {
    const place = h(name, { dir: name === "bdi" ? "auto" : null }, pieces(words));
    this.places.push([place, words]);
    return place;
  }

  light(words) {
    const some = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).sort((a, b) => b.length - a.length);
    const plain = /^[\p{Script=Latin}\p{N}'-]+$/u;
    const each = some.map((word) => plain.test(word) ? `(?<![\\p{L}\\p{N}])${word}(?![\\p{L}\\p{N}])` : word);
    const pattern = each.length ? new RegExp(each.join("|"), "giu") : null;
    for (const [place, text] of this.places) {
      if (!place.isConnected) continue;
      const found = [];
      let at = 0;
      for (const match of pattern ? text.matchAll(pattern) : []) {
        if (!match[0]) continue;
        found.push(...pieces(text.slice(at, match.index)), h("mark.lit", {}, pieces(match[0])));
        at = match.index + match[0].length;
      }
      show(place, found, pieces(text.slice(at)));
    }
  }
}
