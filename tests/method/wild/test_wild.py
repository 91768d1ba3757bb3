"""Replies of all kinds as current models write them, each with what a careful reader says of it, written down before
the reader was run (README.md beside this says of the columns).

A row that is not read as the reader says carries what becomes of it. Such a row that is read after all fails as well:
then its mark goes.
"""

import json
from collections import Counter
from pathlib import Path

from dgrc.method import diagnose, meaning
from dgrc.method.prompts import load_pack
from dgrc.method.reading import read
from dgrc.method.replies import json_object
from dgrc.method.text.thoughts import set_apart

HERE = Path(__file__).parent
OPTIONS = {
    name: tuple(options) for name, options in json.loads((HERE / "options.json").read_text(encoding="utf-8")).items()
}
CASE = (HERE / "case.txt").read_text(encoding="utf-8")
RIGHT = "right"


def rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def test_replies_are_read_as_a_careful_reader_reads_them() -> None:
    changed, count = [], Counter[str]()
    for _, now, options, kind, answer, reply in rows("replies.tsv"):
        choices, form = OPTIONS.get(options, ()), "auto" if options in OPTIONS else kind
        said, _ = read(reply.replace("\\n", "\n"), choices, form, several=kind == "several")
        if answer == "-" or said is None:
            good = answer == "-" and said is None
        else:
            good = said == answer if choices else meaning.same(said, answer, form)
        found = RIGHT if good else "unread" if said is None else "wrong"
        count[found] += 1
        if found != now:
            changed.append((reply, answer, said, now))
    assert not changed
    assert count[RIGHT] >= 1356 and count["wrong"] <= 5, count


def test_answers_that_mean_the_same_are_told_from_those_that_do_not() -> None:
    changed = []
    for _, now, kind, question, a, b in rows("pairs.tsv"):
        both = {meaning.same(a, b, question=question), meaning.same(b, a, question=question)}
        assert len(both) == 1, (a, b)
        alike = both.pop()
        if (RIGHT if alike == (kind == "same") else "merged" if alike else "apart") != now:
            changed.append((question, a, b, kind, now))
    assert not changed
    assert not any(now == "merged" for _, now, *_ in rows("pairs.tsv"))


def test_atoms_are_kept_that_can_be_asked_alone() -> None:
    pack, changed = load_pack("general"), []
    for _, now, kind, atom in rows("atoms.tsv"):
        reply = json.dumps({"comparison": "x", "questions": [atom]})
        _, refused, _ = diagnose.parse_reply(pack, reply, (CASE,))
        if (RIGHT if bool(refused) != (kind == "good") else "refused" if refused else "kept") != now:
            changed.append((atom, kind, refused, now))
    assert not changed


def test_thoughts_are_told_from_what_is_said() -> None:
    changed = []
    for line in (HERE / "thoughts.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        thoughts, text = set_apart(row["reply"])
        good = text.strip() == row["text"] and (row["thoughts"] in thoughts if row["thoughts"] else not thoughts)
        if (RIGHT if good else "wrong") != row["now"]:
            changed.append((row, thoughts, text))
    assert not changed


def test_json_is_read_where_it_is_one_object() -> None:
    changed = []
    for line in (HERE / "json_replies.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if (RIGHT if json_object(row["reply"]) == row["value"] else "wrong") != row["now"]:
            changed.append((row, json_object(row["reply"])))
    assert not changed
