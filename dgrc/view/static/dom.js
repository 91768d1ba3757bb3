// Elements from plain data. Text of a run only ever becomes text nodes: nothing here, and nobody else, sets innerHTML.

const SVG = "http://www.w3.org/2000/svg";
export const FOLD = 6000;

// h("a.pill", {href: "#", onclick: f}, "text", [more]): an element with classes, properties, and children.
export function h(name, given = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  return filled(made, given, children);
}

export function svg(tag, given = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), given, children);
}

function filled(made, given, children) {
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat(9).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

export function show(place, ...children) {
  place.replaceChildren(...children.flat(9).filter((one) => one !== null && one !== undefined && one !== false));
}

// Controls that a reader would not see, and marks that turn the direction of all that follows, are spelled out.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/g;

export function pieces(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > at) found.push(text.slice(at, match.index));
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    found.push(h("span.control", { title: "a control character" }, `U+${code}`));
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push(text.slice(at));
  return found;
}

// Somebody's words, kept apart from ours in direction too.
export function said(text, name = "bdi") {
  return h(name, { dir: "auto" }, pieces(text ?? ""));
}

// A row's status, which may be anybody's word; those that are ours have a colour.
export function statusOf(word) {
  return h("span", { class: `status ${/^[a-z]+$/.test(word) ? word : ""}` }, said(word));
}

// Long text is folded: all of it is there at a click.
export function folded(text, make = (part) => said(part)) {
  if (text.length <= FOLD) return [make(text)];
  const place = h("span");
  const more = h("button.more", {
    type: "button",
    onclick: () => show(place, make(text)),
  }, `Show all ${number(text.length)} characters`);
  show(place, make(text.slice(0, FOLD)), " … ", more);
  return [place];
}

// What may be wider than the screen can be scrolled by keys where it is.
export function scrollable(made) {
  new ResizeObserver(() => {
    if (made.scrollWidth > made.clientWidth) made.setAttribute("tabindex", "0");
    else made.removeAttribute("tabindex");
  }).observe(made);
  return made;
}

export const number = (n) => Number(n).toLocaleString("en-US");
export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;
export const plural = (n, one, more = `${one}s`) => `${number(n)} ${n === 1 ? one : more}`;

// Bars: [[label, value, href?]], a table to those who cannot see them.
export function bars(rows, caption, kind = "") {
  const most = Math.max(1, ...rows.map((row) => row[1]));
  const all = rows.reduce((sum, row) => sum + row[1], 0) || 1;
  return h("table.bars", {},
    h("caption", {}, caption),
    h("tbody", {}, rows.map(([label, value, href]) => h("tr", {},
      h("th", { scope: "row" }, href ? h("a", { href }, said(String(label))) : said(String(label))),
      h("td.bar", {}, meter(value / most, kind)),
      h("td.n", {}, number(value)),
      h("td.share", {}, percent(value / all)),
    ))));
}

export function meter(share, kind = "") {
  const width = Math.max(0, Math.min(100, 100 * share)).toFixed(2);
  return svg("svg", { class: `meter ${kind}`, viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "under", width: 100, height: 8 }),
    svg("rect", { class: "over", width, height: 8 }));
}
