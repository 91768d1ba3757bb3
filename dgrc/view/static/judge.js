// Right or wrong: what somebody says of a chain or an atom, kept beside the run. Buttons, a note, of a wrong atom the
// answer that is right, and keys for whoever has many to look at.

import { ask, send } from "./ask.js";
import { h, said, show } from "./dom.js";

export const JUDGE_KEYS = [
  ["r, w", "what has the focus, else the first one, is right, or wrong"], ["x", "takes that back"],
  ["e", "the note on it"], ["n, p", "the next or previous chain or atom to judge"],
];

// All that can be judged on a page. `closed` says why nothing can, if so.
export class Judging {
  constructor(at, closed, signal) {
    Object.assign(this, { at, closed, signal, all: [] });
  }

  // The place of a chain's or an atom's mark within its box, which gets the focus.
  place(box, item, about) {
    const one = new Judged(this, box, item, about);
    this.all.push(one);
    return one.place;
  }

  get keys() {
    const on = (act) => () => { if (!this.closed) act(this.current()); };
    return {
      r: on((one) => one?.mark("right")), w: on((one) => one?.mark("wrong")), x: on((one) => one?.mark("none")),
      e: on((one) => one?.note()), n: () => this.move(1), p: () => this.move(-1),
    };
  }

  // What has the focus, else the first one that is open; it gets the focus, so that one sees what is judged.
  current() {
    const has = this.all.find((one) => one.box.contains(document.activeElement));
    const one = has ?? this.all.find((it) => it.box.open !== false) ?? this.all[0];
    if (one && !has) one.focus();
    return one;
  }

  move(by) {
    const now = this.all.findIndex((one) => one.box.contains(document.activeElement));
    this.all[Math.max(0, Math.min(this.all.length - 1, now < 0 && by < 0 ? 0 : now + by))]?.focus();
  }

  // What others have said meanwhile.
  async again() {
    if (!this.all.length) return;
    const params = new URLSearchParams([...new Set(this.all.map((one) => one.about.id))].map((id) => ["of", id]));
    const marks = await ask(this.at, "marks", params, this.signal);
    for (const one of this.all) {
      const found = marks.find((mark) => mark.sha === one.item.sha && mark.what === one.about.what
        && mark.id === one.about.id && mark.chain === one.about.chain);
      one.take(found?.mark ?? null);
    }
  }
}

class Judged {
  constructor(judging, box, item, about) {
    Object.assign(this, { judging, box, item, about, said: item.mark });
    this.place = h("div.judge", { role: "group", "aria-label": `Is ${about.name} right?` });
    this.status = h("span.quiet", { role: "status" });
    this.draw();
  }

  focus() {
    const target = this.box.matches("details") ? this.box.querySelector("summary") : this.box;
    if (this.box.matches("details")) this.box.open = true;
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  }

  take(mark) {
    if (JSON.stringify(mark) === JSON.stringify(this.said) || this.place.contains(document.activeElement)) return;
    this.said = mark;
    this.draw();
  }

  draw() {
    const now = this.said?.mark;
    this.box.classList.toggle("is-right", now === "right");
    this.box.classList.toggle("is-wrong", now === "wrong");
    const button = (mark, sign, words) => h(`button.${mark}`, {
      type: "button", "aria-pressed": now === mark ? "true" : "false", disabled: Boolean(this.judging.closed),
      onclick: () => this.mark(now === mark ? "none" : mark),
    }, h("span", { "aria-hidden": "true" }, `${sign} `), words);
    show(this.place,
      this.judging.closed && !now ? null : [button("right", "✓", "Right"), button("wrong", "✗", "Wrong")],
      now ? this.words(now) : null,
      !now && this.item.marked_before ? h("span.quiet", {}, "an earlier text of it was marked") : null,
      this.status);
  }

  words(now) {
    if (this.judging.closed) {
      return [this.said.note ? h("span.noted", {}, said(this.said.note)) : null,
        this.said.answer ? h("span.noted", {}, "should be: ", said(this.said.answer)) : null];
    }
    const field = (name, label) => h("input", {
      type: "text", name, value: this.said[name] ?? "", "aria-label": label, placeholder: label, maxlength: 4000, dir: "auto",
      onkeydown: (event) => { if (event.key === "Enter" || event.key === "Escape") this.focus(); },
      onchange: () => this.mark(now, true),
    });
    return [now === "wrong" && this.about.what === "atom" ? field("answer", "The right answer, if you know it") : null,
      field("note", "Why")];
  }

  note() {
    (this.place.querySelector("input[name=answer]") ?? this.place.querySelector("input"))?.focus();
  }

  // Sends what is said; words that stand in the fields stay.
  async mark(mark, fields = false) {
    const value = (name) => this.place.querySelector(`input[name=${name}]`)?.value.trim() ?? "";
    const answer = mark === "wrong" && this.about.what === "atom" ? value("answer") || null : null;
    const { what, id, chain } = this.about;
    this.status.textContent = "…";
    try {
      const taken = await send(this.judging.at, "marks", {
        what, id, chain, mark, note: mark === "none" ? "" : value("note"), answer, sha: this.item.sha,
      });
      this.said = taken.mark === "none" ? null : taken;
      this.status.textContent = taken.mark === "none" ? "taken back" : "kept";
      if (!fields) this.redraw();
    } catch (problem) {
      this.status.textContent = problem.message;
    }
  }

  redraw() {
    const name = [...this.place.querySelectorAll("button")].find((one) => one === document.activeElement)?.className;
    this.draw();
    if (name) this.place.querySelector(`button.${name}`).focus();
  }
}
