"""The table as Markdown: results by part flow in, one row a step, pack and wording flows out, and one a backend."""

from collections.abc import Sequence
from typing import Any

from benchmarks.packs.steps import Result

COLUMNS: dict[str, Sequence[str]] = {
    "sample": ("stopped", "read_of_stopped", "right_of_read", "right"),
    "diagnose": ("parsed", "atoms_asked", "refused", "kept", "distinct", "whole", "on_target"),
    "answer": ("parsed", "echo", "agreement", "right", "right_of_majority", "right_of_kept"),
    "extract": ("parsed", "decided", "verdict_given", "verdict_right", "right_of_passed", "passed_of_right",
                "passed_of_wrong"),
    "verify": ("parsed", "every_fact_numbered", "verdict_given", "verdict_right", "right_of_passed", "passed_of_right",
               "passed_of_wrong"),
    "judge": ("parsed", "mean", "deviation", "mean_of_right", "mean_of_wrong"),
    "backends": ("parsed", "cut_share", "tokens_a_reply", "seconds_a_reply", "tokens_a_second", "echo_share"),
}  # fmt: skip


def render(found: dict[str, Result]) -> str:
    """One table a step. A share stands with its interval and its items: `0.47 (0.30 to 0.64, 14 of 30)`."""
    tables = []
    for step, columns in COLUMNS.items():
        rows = {name: result for name, result in found.items() if name.split("/")[0] == step}
        if not rows:
            continue
        lines = [f"| {step} | {' | '.join(column.replace('_', ' ') for column in columns)} |"]
        lines.append("|---" * (len(columns) + 1) + "|")
        for name, result in rows.items():
            cells = [_cell(result.get(column)) for column in columns]
            if "error" in result:
                cells = [result["error"], *[""] * (len(columns) - 1)]
            lines.append(f"| {' '.join(name.split('/')[1:])} | {' | '.join(cells)} |")
        tables.append("\n".join(lines))
    return "\n\n".join(tables)


def summary(found: dict[str, Result]) -> dict[str, dict[str, Any]]:
    """The columns of the table by part, shares as numbers alone."""
    return {
        name: {"error": result["error"]} if "error" in result else {
            column: value["share"] if isinstance(value := result.get(column), dict) and "share" in value else value
            for column in COLUMNS[name.split("/")[0]]
        }
        for name, result in found.items()
    }  # fmt: skip


def _cell(value: Any) -> str:
    if isinstance(value, dict) and "share" in value:
        if value["share"] is None:
            return "none"
        return f"{value['share']:.2f} ({value['low']:.2f} to {value['high']:.2f}, {value['hits']} of {value['n']})"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in value.items()) or "none"
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
