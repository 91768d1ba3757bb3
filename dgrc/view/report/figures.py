"""A run's figures as tables: what `overview.tell_run` tells flows in, sections of tables flow out, as text throughout.

The page and the card are made of the same tables. A part whose figures are not in a form that is known says so, and the
others are there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dgrc.runtime.clock import clock
from dgrc.view.report.training import Curve

Told = dict[str, Any]
Span = tuple[float, float, float]
"""Low, value and high, as shares of the width."""
UNKNOWN = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)
"""What figures raise that another version wrote, or somebody by hand."""


@dataclass(frozen=True)
class Table:
    """Rows of text under `columns`, the first of which names a row. `bars` draws a share of each row, `spans` an
    interval; `kinds` colours a row's bar by what it counts. `total` is a last row. `words` are columns, by number,
    that hold words and not figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    bars: Sequence[float] = ()
    kinds: Sequence[str] = ()
    spans: Sequence[Span] = ()
    total: Sequence[str] = ()
    words: Sequence[int] = (0,)


@dataclass(frozen=True)
class Section:
    """A part of the report: its `tables`, what to be warned of, and the curves of trainings."""

    title: str
    tables: Sequence[Table] = ()
    warnings: Sequence[str] = ()
    curves: Sequence[Curve] = ()


def sections(told: Told, curves: Sequence[Curve]) -> list[Section]:
    """All parts of which the run has figures, in the order of the report."""
    parts: tuple[tuple[str, Callable[[], Section | None]], ...] = (
        ("From questions to curriculum", lambda: _funnel(told["funnel"])),
        ("Held-out accuracy", lambda: _accuracies(told["evaluation"])),
        ("Marked by hand", lambda: _marks(told.get("marks"))),
        ("Rounds", lambda: _rounds(told["rounds_figures"])),
        ("What it cost", lambda: _cost(told)),
        ("Distributions", lambda: _distributions(told)),
        ("Training", lambda: _training(told["reports"], curves)),
        ("Steps", lambda: _steps(told)),
    )
    return [section for title, make in parts if (section := _known(title, make)) is not None]


def _known(title: str, make: Callable[[], Section | None]) -> Section | None:
    try:
        return make()
    except UNKNOWN as e:
        words = f"This cannot be shown: the run's figures of it are in no form that is known ({type(e).__name__}: {e})."
        return Section(title, warnings=(words,))


def _funnel(funnel: list[Told]) -> Section:
    most: dict[str, int] = {}
    for step in funnel:
        most[step["unit"]] = max(step["count"], most.get(step["unit"], 1))
    rows = [
        (step["name"], f"{step['count']:,}",
         ", ".join(f"\u2212{loss['count']:,} {spaced(loss['name'])}" for loss in step["losses"]))
        for step in funnel
    ]  # fmt: skip
    bars = [step["count"] / most[step["unit"]] for step in funnel]
    table = Table("", ("step", "number", "lost before it"), rows, bars=bars, kinds=[s["unit"] for s in funnel],
                  words=(0, 2))  # fmt: skip
    return Section("From questions to curriculum", (table,))


def _accuracies(report: Told | None) -> Section | None:
    if report is None:
        return None
    tables = [_accuracy(report, f"{report['questions']:,} questions")]
    tasks = report.get("tasks") or {}
    if len(tasks) > 1:
        tables += [_accuracy(part, f"{task}, {part['questions']:,} questions") for task, part in tasks.items()]
    for task, part in (report.get("majority") or {}).items():
        tables.append(_accuracy(part, f"{task}, majority of {report['majority_of']}, {part['questions']:,} questions"))
    return Section("Held-out accuracy", tables, [str(words) for words in report.get("warnings") or ()])


def _accuracy(report: Told, title: str) -> Table:
    """A row a model. A run of an earlier version has no figures but the first ones."""
    columns = ("model", "accuracy", f"{report['confidence']:.0%} interval", "not read", "of those read",
               "by likelihood", "dgrc is better by", "p against dgrc")  # fmt: skip
    rows, spans = [], []
    for name, score in report["models"].items():
        read, free = score.get("accuracy_read"), score.get("likelihood") or {}
        test = (report.get("against") or {}).get(name) or {}
        better = f"{test['difference']:+.3f} [{test['low']:+.3f}, {test['high']:+.3f}]" if "difference" in test else ""
        rows.append((
            name, f"{score['accuracy']:.3f}", f"{score['low']:.3f} to {score['high']:.3f}",
            str(score.get("unparsed", "")), "" if read is None else f"{read:.3f}",
            f"{free['accuracy']:.3f}" if "accuracy" in free else "", better,
            f"{test['p_value']:.2g}" if "p_value" in test else "",
        ))  # fmt: skip
        spans.append((score["low"], score["accuracy"], score["high"]))
    return Table(title, *without_empty(columns, rows), spans=spans)


def _marks(shares: list[Told] | None) -> Section | None:
    """What people found right, where they marked anything: of each group its `name`, `right` of `n`, the `share`, and
    its 95 % interval from `low` to `high`."""
    if not shares:
        return None
    rows = [
        (one["name"], f"{one['right']:,}", f"{one['n']:,}", f"{one['share']:.1%}",
         f"{one['low']:.1%} to {one['high']:.1%}")
        for one in shares
    ]  # fmt: skip
    spans = [(one["low"], one["share"], one["high"]) for one in shares]
    note = "The interval holds for marks on items that were picked by chance."
    table = Table("", ("marked", "right", "of", "share", "95% interval"), rows, note, spans=spans)
    return Section("Marked by hand", (table,))


def _rounds(figures: list[Told] | None) -> Section | None:
    if not figures or len(figures) < 2:
        return None
    named: tuple[tuple[str, str, str], ...] = (
        ("divergent", "divergent", ".1%"), ("new_atoms", "new atoms", ","),
        ("teacher_tokens", "teacher tokens", ","), ("agreement", "agrees with verified", ".1%"),
        ("accuracy", "held-out", ".1%"),
    )  # fmt: skip
    stopped = {row["round"]: f", stopped by {spaced(row['stopped_by'])}" for row in figures if "stopped_by" in row}
    rows = [
        (f"{row['round']}{stopped.get(row['round'], '')}",
         *(format(row[key], form) if key in row else "" for key, _, form in named))
        for row in figures
    ]  # fmt: skip
    return Section("Rounds", (Table("", ("round", *(name for _, name, _ in named)), rows),))


def _cost(told: Told) -> Section | None:
    usage = told["usage"]
    if not usage:
        return None
    kinds = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens")
    paid = any("money" in one for one in usage)
    columns = ["role", "step", "calls", "tokens read", "of them cached", "tokens written", *(["money"] if paid else [])]

    def row(role: str, step: str, rows: Iterable[Told]) -> tuple[str, ...]:
        some = list(rows)
        sums = [f"{sum(one.get(kind, 0) for one in some):,}" for kind in kinds]
        return role, step, *sums, *([f"{sum(one.get('money', 0) for one in some):,.2f}"] if paid else [])

    rows = [row(one["role"], one["step"], [one]) for one in usage]
    tables = [Table("By role and step", columns, rows, total=row("all", "", usage), words=(0, 1))]
    if told["spending"]:
        tables.append(_spending(told["spending"]))
    return Section("What it cost", tables)


def _spending(spending: dict[str, Told | None]) -> Table:
    """What servers were asked for, over all starts of the run, what was asked twice too."""
    names = sorted({name for spent in spending.values() for name, n in (spent or {}).items() if isinstance(n, int)})
    rows = [(role, *(f"{(spent or {}).get(name, 0):,}" for name in names)) for role, spent in spending.items()]
    return Table("Through APIs, over all starts of the run", ("role", *map(spaced, names)), rows)


def _distributions(told: Told) -> Section | None:
    tenths = [
        ("all agree" if n == 10 else f"{n * 10} to {n * 10 + 9} %", count)
        for n, count in enumerate(told["agreement"]) if count
    ]  # fmt: skip
    tables = [
        _bars("Questions by verdict", told["verdicts"], "questions"),
        _bars("Questions by how answers were read", told["read_by"], "questions"),
        _bars("Atoms by agreement of their answers", tenths, "atoms"),
        _bars("Atoms by the judge's score", told["judge"], "atoms"),
        _bars("What became of the atoms", told["atoms"], "atoms"),
    ]
    tables = [table for table in tables if table.rows]
    return Section("Distributions", tables) if tables else None


def _bars(title: str, counts: Sequence[tuple[Any, int]], kind: str) -> Table:
    most, whole = max((n for _, n in counts), default=1), sum(n for _, n in counts) or 1
    rows = [(spaced(str(name)), f"{n:,}", f"{n / whole:.0%}") for name, n in counts]
    return Table(title, ("", "number", "share"), rows, bars=[n / most for _, n in counts], kinds=[kind] * len(rows))


def _training(reports: dict[str, Told], curves: Sequence[Curve]) -> Section | None:
    trained = {name.removeprefix("train-"): said for name, said in reports.items() if name.startswith("train-")}
    if not trained and not curves:
        return None
    named = (
        ("visits", "visits", ","), ("steps", "steps", ","), ("tokens", "tokens", ","), ("set_aside", "set aside", ","),
        ("first_loss", "first loss", ".3f"), ("last_loss", "last loss", ".3f"),
        ("last_validation", "last validation", ".3f"), ("tokens_per_second", "tokens a second", ",.0f"),
    )  # fmt: skip
    rows = [
        (recipe, *(format(said[key], form) if said.get(key) is not None else "" for key, _, form in named))
        for recipe, said in trained.items()
    ]
    columns, rows = without_empty(("recipe", *(name for _, name, _ in named)), rows)
    note = "Losses are in nats a token."
    if bare := sorted(set(trained) - {curve.recipe for curve in curves}):
        note += f" No curve of {', '.join(bare)}: the losses of single steps were not kept, or cannot be read."
    return Section("Training", (Table("", columns, rows, note),), curves=curves)


def _steps(told: Told) -> Section | None:
    done = (told["status"].get("steps") or {}).get(told["round"]) or {}
    rows = [
        (name, f"{said['rows']:,}" if "rows" in said else "", clock(said["seconds"]) if "seconds" in said else "")
        for name, said in done.items()
    ]
    return Section("Steps", (Table("", ("step", "rows", "time"), rows),)) if rows else None


def spaced(name: str) -> str:
    """A name of the code as words."""
    return name.replace("_", " ")


def without_empty(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The table without the columns that have nothing in them."""
    kept = [n for n in range(len(columns)) if n == 0 or any(row[n] for row in rows)]
    return [columns[n] for n in kept], [tuple(row[n] for n in kept) for row in rows]


def numbered(sections: Sequence[Section]) -> Iterator[tuple[str, Section]]:
    """Sections with the names by which a page leads to them."""
    for number, section in enumerate(sections, 1):
        yield f"part-{number}", section
