// What a run does at this moment, who works on it, how far it is: what the server says of it in, a block of the page out.

import { h, meter, number, percent, plural, said } from "./dom.js";

const STALE_S = 60;
const WORKED_ON = ["working", "elsewhere"];

export function nowBlock({ status, said: standing, advice, building }, round) {
  const active = WORKED_ON.includes(status.state);
  return [
    standing ? h("p.standing", {}, capital(quoted(standing)), ".") : null,
    status.underway ? going(status.underway, active, round) : active ? h("p.going", {}, "It has only just begun.") : null,
    advice ? h("p.quiet", {}, quoted(advice)) : null,
    indexing(building),
  ];
}

function going(step, active, round) {
  const at = step.round === round ? "" : ` of round ${step.round}`;
  const old = step.age_s > STALE_S || !active;
  const figures = step.total ? [`${number(step.done)} of ${number(step.total)} ${step.unit}`,
    step.rate > 0 ? `${step.rate.toFixed(1)} a second` : "", active && step.left_s !== null ? `${clock(step.left_s)} left` : ""] : [];
  return [
    h("p.going", {}, active ? "Now: " : "It stopped in ", h("strong", {}, said(step.step)), at,
      figures.filter(Boolean).map((words) => [" · ", words]), old ? ` · noted ${clock(step.age_s)} ago` : "",
      step.total ? meter(step.done / step.total) : null),
    active && step.roles.length ? roles(step.roles) : null,
  ];
}

function roles(asked) {
  const known = asked.some((one) => one.cached !== null);
  const names = ["engine", "in flight", "replies a second", "tokens a second", ...(known ? ["read from cache"] : [])];
  return h("table.figures.roles", {},
    h("caption.hidden", {}, "How each role's engines are asked"),
    h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, asked.map((one) => h("tr", {}, h("th", { scope: "row" }, said(one.role)),
      [number(one.queue), one.rate.toFixed(1), number(Math.round(one.tokens)), ...(known ? [one.cached === null ? "" : percent(one.cached)] : [])]
        .map((cell) => h("td.n", {}, cell))))));
}

function indexing(building) {
  const words = building.active ? `Its index is being built${building.waiting ? `: ${plural(building.waiting, "file")} to go` : ""}.`
    : building.failed ? `Its index could not be built: ${building.failed}` : "";
  return [words ? h("p.note", {}, said(words)) : null,
    building.away ? h("p.warn", {}, said(`What it has by now is not known: ${building.away}`)) : null];
}

// Words in which `this` is what one types, or a name.
function quoted(words) {
  return words.split("`").map((part, at) => at % 2 ? h("code", {}, said(part)) : said(part, "span"));
}

const capital = (parts) => {
  const first = parts[0];
  first.textContent = first.textContent.charAt(0).toUpperCase() + first.textContent.slice(1);
  return parts;
};

export function clock(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
