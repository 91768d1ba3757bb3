"""Points and replies in; the figures of the last line, all others of the record, and replies to check by hand out."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.real.bench import BASELINES, RECIPES, REPLAYED, Bench
from benchmarks.real.evaluation import BASE, TEACHER, Row, read_rows
from benchmarks.real.lenient import precision
from benchmarks.real.statistics import NOTHING, best, difference, double_difference, share
from dgrc.errors import EvaluationError
from dgrc.workflow.job import SUBJECT

KEYS = (
    "teacher_chain_accuracy", "atom_accuracy", "verifier_precision", "verifier_recall", "read_share", "students",
    "difference_to_best_baseline", "form_gain", "forgetting", "tokens_a_question",
)  # fmt: skip
"""Those of the last line; null where a point is not done yet."""
ALL = (*RECIPES, REPLAYED)
"""Every recipe that there can be."""
TO_CHECK, CHECKED = "to_check.jsonl", "checked.jsonl"
"""Replies to check by hand, and the same with `hand` filled in."""
Rights = dict[str, bool]
Replies = Mapping[str, Sequence[Row]]


def replies(bench: Bench) -> dict[str, list[Row]]:
    """The scored replies of every model that is evaluated."""
    names = [BASE, TEACHER, *(f"{recipe}-{seed}" for recipe in bench.recipes for seed in bench.settings.seeds)]
    return {name: read_rows(bench.replies(name)) for name in names if bench.points.done(f"evaluate-{name}")}


def rights(rows: Sequence[Row], key: str, keep: Callable[[Row], bool] = lambda row: True) -> Rights:
    """Question id to whether it was right, of the rows that have this score."""
    return {f"{row['part']}/{row['id']}": bool(row[key]) for row in rows if key in row and keep(row)}


def of_recipes(found: Replies, seeds: Sequence[int], key: str, keep: Callable[[Row], bool]) -> dict[str, list[Rights]]:
    """The scores of each recipe's students, those that there are."""
    return {
        recipe: [rights(found[f"{recipe}-{seed}"], key, keep) for seed in seeds if f"{recipe}-{seed}" in found]
        for recipe in ALL
    }


def of_domain(row: Row) -> bool:
    """Whether a reply is to a question of the domain, not of a benchmark beside it."""
    return "lenient" in row


def details(found: Replies, seeds: Sequence[int]) -> dict[str, Any]:
    """Students' accuracy and DGRC's paired lead, by split and level, as read and without the form; and the harm."""
    rows = [row for part in found.values() for row in part if of_domain(row)]
    groups: dict[str, Callable[[Row], bool]] = {"all": of_domain}
    for part in sorted({row["part"] for row in rows}):
        groups[part] = lambda row, part=part: of_domain(row) and row["part"] == part  # type: ignore[misc]
    for level in sorted({row["level"] for row in rows}):
        groups[f"level {level}"] = lambda row, level=level: of_domain(row) and row["level"] == level  # type: ignore[misc]
    tables = {
        name: {score: _compared(found, seeds, key, keep) for score, key in SCORES.items()}
        for name, keep in groups.items()
    }
    return {"groups": tables, "form_gain": _form(found, seeds), "harm": _harm(found, seeds),
            "replay": _replay(found, seeds)}  # fmt: skip


SCORES = {"as_read": "right", "without_form": "lenient"}


def _compared(found: Replies, seeds: Sequence[int], key: str, keep: Callable[[Row], bool]) -> dict[str, Any]:
    students = of_recipes(found, seeds, key, keep)
    strongest = best({name: students[name] for name in BASELINES if students[name]})
    others = {name: share([rights(found[name], key, keep)]) for name in (BASE, TEACHER) if name in found}
    ours = students[SUBJECT]
    against = {name: difference(ours, theirs) for name, theirs in students.items() if name != SUBJECT and theirs}
    by_seed = [
        difference([rights(found[f"{SUBJECT}-{s}"], key, keep)], [rights(found[f"{strongest}-{s}"], key, keep)])["mean"]
        for s in seeds
        if strongest and f"{SUBJECT}-{s}" in found and f"{strongest}-{s}" in found
    ]
    return {
        "models": others | {name: share(students[name]) for name in ALL if students[name]},
        "questions": max((len(one) for seeds_ in students.values() for one in seeds_), default=0),
        "best_baseline": strongest,
        "difference": against.get(strongest, dict(NOTHING)) if strongest and ours else dict(NOTHING),
        "difference_by_seed": by_seed,
        "against": against if ours else {},
    }


def _form(found: Replies, seeds: Sequence[int]) -> dict[str, Any]:
    """Of each recipe, what of its gain over the base is form alone."""
    if BASE not in found:
        return {}
    ours, bare = (of_recipes(found, seeds, key, of_domain) for key in SCORES.values())
    before, plain = (rights(found[BASE], key, of_domain) for key in SCORES.values())
    return {name: double_difference(ours[name], bare[name], before, plain) for name in ALL if ours[name]}


def _harm(found: Replies, seeds: Sequence[int]) -> dict[str, Any]:
    """Of each recipe on the benchmarks beside, base minus student, by log-likelihoods; `all` puts them together."""
    if BASE not in found:
        return {}
    names = sorted({row["part"] for row in found[BASE] if not of_domain(row)})
    parts: dict[str, Callable[[Row], bool]] = {"all": lambda row: not of_domain(row)} if names else {}
    for name in names:
        parts[name] = lambda row, name=name: row["part"] == name  # type: ignore[misc]
    harm: dict[str, Any] = {}
    for name, keep in parts.items():
        students = of_recipes(found, seeds, "right", keep)
        before = [rights(found[BASE], "right", keep)]
        own = {model: share([rights(found[model], "right", keep)]) for model in (BASE, TEACHER) if model in found}
        harm[name] = {
            "questions": len(before[0]),
            "models": own | {recipe: share(seeds_) for recipe, seeds_ in students.items() if seeds_},
            "lost": {recipe: difference(before, seeds_) for recipe, seeds_ in students.items() if seeds_},
        }
    return harm


def _replay(found: Replies, seeds: Sequence[int]) -> dict[str, Any]:
    """What replayed chats do to DGRC's students, with them minus without: on the domain, as read, and beside it."""
    both = {"domain": of_domain, "beside": lambda row: not of_domain(row)}
    effect = {}
    for name, keep in both.items():
        students = of_recipes(found, seeds, "right", keep)
        if any(students[REPLAYED]) and any(students[SUBJECT]):
            effect[name] = difference(students[REPLAYED], students[SUBJECT])
    return effect


def last_line(bench: Bench, found: dict[str, Any]) -> dict[str, Any]:
    """The figures of `KEYS`, exactly."""
    premise, curated = bench.points.done("premise"), bench.points.done("curate")
    shares = (premise or {}).get("figures", {})
    whole = found["groups"]["all"]["as_read"]
    harm = found["harm"].get("all", {}).get("lost", {})
    students = {name: value for name, value in whole["models"].items() if name in ALL}
    line = {
        **{name: (shares.get(name) or {}).get("share") for name in KEYS[:4]},
        "read_share": premise["read_share_of_stopped"] if premise else None,
        "students": students or None,
        "difference_to_best_baseline": _or_null(whole["difference"]),
        "form_gain": _or_null(found["form_gain"].get(SUBJECT, NOTHING)),
        "forgetting": _or_null(harm.get(SUBJECT, NOTHING)),
        "tokens_a_question": curated["tokens_a_question"] if curated else None,
    }
    assert tuple(line) == KEYS
    return line


def _or_null(value: Mapping[str, float | None]) -> dict[str, float | None] | None:
    return dict(value) if value["mean"] is not None else None


def write_replies(bench: Bench, count: int) -> Path:
    """Half of them called right by the lenient reader and half called wrong, as far as there are; in a drawn order.

    The reader's word stands last in each row, so that it need not be seen first. Save the file as `checked.jsonl`.

    Raises:
        EvaluationError: no model is evaluated yet.
    """
    rows = [{"model": name, **row} for name, part in replies(bench).items() for row in part if of_domain(row)]
    if not rows:
        raise EvaluationError("No model is evaluated yet, so there are no replies to check. Run the command first.")
    rng = random.Random(0)
    rng.shuffle(rows)
    good, bad = ([row for row in rows if row["lenient"] is side] for side in (True, False))
    chosen = good[: max(count // 2, count - len(bad))]
    chosen = [*chosen, *bad[: count - len(chosen)]]
    rng.shuffle(chosen)
    shown = ("model", "id", "question", "truth", "text", "finish", "lenient")
    file = bench.settings.out / TO_CHECK
    with open(file, "w", encoding="utf-8") as out:
        for row in chosen:
            out.write(json.dumps({"hand": None, **{key: row[key] for key in shown}}, ensure_ascii=False) + "\n")
    return file


def checked(bench: Bench) -> dict[str, float | int] | None:
    """What a reader found, if one has looked."""
    file = bench.settings.out / CHECKED
    return precision(file) if file.is_file() else None
