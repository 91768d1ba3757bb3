"""A run or a case as text for the terminal: what both models said, where they part, what the atoms say.

Reads the run's datasets and gives rich renderables; model text is never taken for markup.
"""

import json
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dgrc.errors import RunDirError
from dgrc.report.marks import lines
from dgrc.report.terminal import plain
from dgrc.storage.marks.file import marks_of, read
from dgrc.storage.run_dir import RunDir

EXAMPLES = 5


class Said(Text):
    """Text that may quote anybody: neither markup nor escape codes in it are obeyed."""

    def __init__(self, text: str = "", *more: Any, **options: Any):
        super().__init__(plain(text), *more, **options)

    def append(self, text: Any, style: Any = None) -> "Said":
        """Adds text of a style of its own."""
        super().append(plain(text) if isinstance(text, str) else text, style)
        return self


def tell_run(run: RunDir) -> list[Any]:
    """Passes with their counts, accuracies if evaluated, and ids of cases worth a look."""
    parts: list[Any] = [Said(f"Run {run.root}", style="bold")]
    state = run.round() / ".state"
    for name in ("ingest", "gather", "collect", "answer", "screen", "index", "verify", "assemble"):
        mark = state / name / "done.json"
        report = json.loads(mark.read_text())["report"] if mark.is_file() else None
        parts.append(Said(f"  {name:<9} {_counts(report) if report else 'not finished'}"))
    if run.warnings().is_file():
        parts += [Said(f"! {line}", style="yellow") for line in json.loads(run.warnings().read_text())]
    rounds = run.root / "rounds.json"
    if rounds.is_file() and len(figures := json.loads(rounds.read_text())) > 1:
        parts.append(_rounds(figures))
    if run.evaluation().is_file():
        parts.append(_accuracies(json.loads(run.evaluation().read_text())))
    parts += _marked(run)
    if _has(run, "cases"):
        parts.append(Said("\nCases to look at (dgrc show RUN ID):", style="bold"))
        lines = [f"  {id_:<21} {status:<10} {text[:200]}" for id_, status, text in _examples(run)]
        parts += [Said(line, no_wrap=True, overflow="ellipsis") for line in lines]
    return parts


def tell_case(run: RunDir, question_id: str) -> list[Any]:
    """One question from its text to its verdicts.

    Raises:
        RunDirError: the run has no such question, or it has not been gathered yet.
    """
    question = _find(run, question_id)
    case = _row(run, "cases", question["id"])
    if case is None:
        raise RunDirError(
            f"The question {question_id} is not gathered yet in {run.root}. Run `dgrc curate` again to go on."
        )
    verified = _row(run, "verdicts", question["id"])
    parts: list[Any] = [
        Panel(
            Said(_question_text(question)),
            title=Said(f"question {question['source_id'] or question['id']}"),
            subtitle=Said(case["status"]),
        )
    ]
    verdicts = {v["chain"]: v for v in (verified["verdicts"] if verified else [])}
    teacher = [_chain_panel(f"teacher {i}", c, verdicts.get(i)) for i, c in enumerate(case["teacher"])]
    student = [_chain_panel(f"student {i}", c, None) for i, c in enumerate(case["student"])]
    side_by_side = Table.grid(expand=True, padding=(0, 1))
    side_by_side.add_column(ratio=1)
    side_by_side.add_column(ratio=1)
    for i in range(max(len(teacher), len(student))):
        side_by_side.add_row(*(column[i] if i < len(column) else "" for column in (teacher, student)))
    parts.append(side_by_side)
    if case["error"]:
        parts.append(Said(f"This question failed: {case['error']}", style="red"))
    parts += _diagnosis(run, case, verdicts)
    return parts


def _diagnosis(run: RunDir, case: dict[str, Any], verdicts: dict[int, Any]) -> list[Any]:
    from dgrc.method.screen import atom_id

    contradicted: dict[int, list[int]] = {}
    for chain, verdict in verdicts.items():
        for atom in verdict["contradicted_by"]:
            contradicted.setdefault(atom, []).append(chain)
    parts: list[Any] = []
    if case["diagnoses"]:
        parts.append(Said("\nWhere they part, and what the teacher asked itself:", style="bold"))
    else:
        parts.append(Said("Both models agree or could not be compared, so the teacher was asked nothing."))
    asked: set[int] = set()
    for diagnosis in case["diagnoses"]:
        parts.append(Said(f"  teacher {diagnosis['teacher']} against {diagnosis['against']} {diagnosis['other']}"))
        if diagnosis["error"]:
            parts.append(Said(f"    no usable reply: {diagnosis['error']}", style="red"))
        for refused in diagnosis.get("refused") or ():
            parts.append(Said(f"    x {refused['text']}  refused: {refused['reason']}", style="yellow"))
        for question in diagnosis["atoms"]:
            asked.add(atom_id(question))
            parts.append(_atom_line(question, _row(run, "atoms", atom_id(question)), contradicted))
    elsewhere = sorted({fact for verdict in verdicts.values() for fact in verdict["facts"]} - asked)
    if elsewhere:
        parts.append(Said("\nFacts that other questions brought up and that speak to these chains:", style="bold"))
    for fact in elsewhere:
        atom = _row(run, "atoms", fact)
        parts.append(_atom_line(atom["question"] if atom else str(fact), atom, contradicted))
    return parts


def _atom_line(asked: str, atom: dict[str, Any] | None, contradicted: dict[int, list[int]]) -> Said:
    if atom is None:
        return Said(f"    ? {asked}  (not answered yet)")
    line = Said(f"    ? {asked}\n      -> {atom['answer']}  ")
    line.append(
        f"{atom['agreement']:.0%} of {len(atom['answers'])} answers agree, asked by {len(atom['asked_by'])} questions",
        style="dim",
    )
    if not atom["kept"]:
        line.append(f"  dropped: {atom['dropped_because']}", style="yellow")
    if chains := contradicted.get(atom["id"]):
        line.append(f"  contradicts {', '.join(f'teacher {chain}' for chain in chains)}", style="red")
    return line


def _chain_panel(title: str, chain: dict[str, Any], verdict: dict[str, Any] | None) -> Panel:
    body = Said()
    if chain.get("thoughts"):  # a run of an earlier version has no such column
        body.append(f"(thoughts)\n{chain['thoughts']}\n(end of thoughts)\n", style="dim")
    body.append(chain["text"])
    read_by = chain.get("read_by")
    how = f", read by {read_by.replace('_', ' ')}" if read_by not in (None, "tag") else ""
    if chain["answer"] is None and chain["finish_reason"] != "stop":
        how = f": ended by {chain['finish_reason']} after {chain['tokens']:,} tokens"
    body.append(f"\nanswer: {chain['answer'] or '(none)'}{how}", style="bold")
    style, subtitle = "dim", ""
    if verdict is not None:
        facts = f"{len(verdict['facts'])} fact{'' if len(verdict['facts']) == 1 else 's'}"
        if verdict["consistent"]:
            style, subtitle = "green", f"held against {facts}: verified"
        elif verdict["consistent"] is None:
            style, subtitle = "yellow", "unchecked"
            body.append(f"\nunchecked: {verdict['reason']}", style=style)  # subtitles are cut short
        else:
            style, subtitle = "red", f"contradicts {len(verdict['contradicted_by'])} of {facts}"
    return Panel(body, title=title, subtitle=Said(subtitle), border_style=style)


def _marked(run: RunDir) -> list[Said]:
    """What people found right, as it was when they looked."""
    standing = read(marks_of(run))
    parts = [Said(line) for line in lines(standing.marks.values())]
    if standing.unreadable:
        said = f"! {standing.unreadable:,} lines of {marks_of(run)} cannot be read ({standing.first_problem})"
        parts.append(Said(said, style="yellow"))
    return parts


def _rounds(figures: list[dict[str, Any]]) -> Table:
    """Each round's figures side by side."""
    table = Table("round", "divergent", "new atoms", "teacher tokens", "agrees with verified", "held-out", box=None)
    for row in figures:
        accuracy = f"{row['accuracy']:.1%}" if "accuracy" in row else ""
        ended = f"  stopped by {row['stopped_by']}" if "stopped_by" in row else ""
        table.add_row(
            f"{row['round']}{ended}", f"{row['divergent']:.1%}", f"{row['new_atoms']:,}", f"{row['teacher_tokens']:,}",
            f"{row['agreement']:.1%}", accuracy,
        )
    return table


def _accuracies(report: dict[str, Any]) -> Table:
    table = Table(title=f"{report['questions']} held-out questions", title_justify="left")
    interval = f"{report['confidence']:.0%} interval"
    columns = ("model", "accuracy", interval, "unparsed", "of those read", "by likelihood", "p against dgrc")
    for column in columns:
        table.add_column(column)
    for name, score in report["models"].items():  # a run of an earlier version has no figures but the first ones
        test, read, free = report["against"].get(name), score.get("accuracy_read"), score.get("likelihood", {})
        table.add_row(
            name, f"{score['accuracy']:.3f}", f"{score['low']:.3f} to {score['high']:.3f}", str(score["unparsed"]),
            "" if read is None else f"{read:.3f}", f"{free['accuracy']:.3f}" if "accuracy" in free else "",
            f"{test['p_value']:.2g}" if test else "",
        )
    if report.get("warnings"):
        table.caption = Said("\n".join(f"! {said}" for said in report["warnings"]))
        table.caption_justify = "left"
    return table


def _examples(run: RunDir) -> list[tuple[int, str, str]]:
    """Divergent questions whose verdicts are mixed first: they show the most."""
    table = pq.ParquetDataset(run.dataset("cases")).read(columns=["id", "status", "text"])
    rows = table.to_pylist()
    mixed: set[int] = set()
    if _has(run, "verdicts"):
        for row in pq.ParquetDataset(run.dataset("verdicts")).read(columns=["id", "verdicts"]).to_pylist():
            if len({v["consistent"] for v in row["verdicts"]}) > 1:
                mixed.add(row["id"])
    rows.sort(key=lambda r: (r["id"] not in mixed, r["status"] != "divergent", r["id"]))
    return [(r["id"], r["status"], " ".join(r["text"].split())) for r in rows[:EXAMPLES]]


def _find(run: RunDir, question_id: str) -> dict[str, Any]:
    for table in _batches(run, "questions"):
        for row in table.to_pylist():
            if question_id in (row["source_id"], str(row["id"])):
                return dict(row)
    raise RunDirError(
        f"The run {run.root} has no question {question_id!r}. `dgrc show {run.root}` lists some; "
        "see also its quarantine."
    )


def _row(run: RunDir, dataset: str, id_: int) -> dict[str, Any] | None:
    if not _has(run, dataset):
        return None
    found = pq.ParquetDataset(run.dataset(dataset), filters=pc.field("id") == id_).read().to_pylist()
    return dict(found[0]) if found else None


def _batches(run: RunDir, dataset: str) -> Any:
    if not _has(run, dataset):
        raise RunDirError(f"The run {run.root} has no {dataset} yet. Run `dgrc curate` with its configuration first.")
    return pq.ParquetDataset(run.dataset(dataset)).read().to_batches()


def _has(run: RunDir, dataset: str) -> bool:
    return any(run.dataset(dataset).glob("*.parquet"))


def _question_text(question: dict[str, Any]) -> str:
    from dgrc.method.reading.options import lettered

    options = lettered(question["choices"])
    return "\n".join([question["text"], *options])


def _counts(report: dict[str, Any]) -> str:
    flat = {k: v for k, v in report.items() if isinstance(v, int)}
    for nested in ("status", "quarantined"):
        flat |= report.get(nested, {})
    return ", ".join(f"{k} {v:,}" for k, v in flat.items())
