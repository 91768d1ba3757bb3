"""`dgrc pilot CONFIG`: some questions with the user's own models, and what the whole corpus would cost.

The last line of standard output is one JSON object with every figure.
"""

import json
from typing import Any

import click

from dgrc.cli.common import config_arguments, load, print_plan, say, tell


@click.command()
@config_arguments
@click.option("--questions", default=50, show_default=True, type=click.IntRange(min=1), help="How many to try.")
def pilot(config: str, questions: int, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Try a random sample of the questions before paying for all of them."""
    from dgrc.cli.show import print_cases
    from dgrc.storage.run_dir import RunDir
    from dgrc.workflow.job import Job
    from dgrc.workflow.pilot import clear_other, pilot_config, run_pilot
    from dgrc.workflow.preflight import check

    settings = pilot_config(load(config, overrides), questions)
    if dry_run:
        print_plan(settings, ("curate",), anew=True)
        return
    check(settings, ("curate",), say, anew=True)
    clear_other(RunDir.of(settings), settings)
    with Job(settings, say, allow_empty=True, checked=True).open("curate") as job:
        figures = run_pilot(job)
    print_cases(job.run, figures["examples"], err=True)
    for line in _lines(figures):
        say(line)
    say(f"Look at any case:  dgrc show {job.run.root}")
    tell(json.dumps(figures))


def _lines(figures: dict[str, Any]) -> list[str]:
    """The figures in words."""
    projected = figures["projected"]
    read = ", ".join(f"{step} {_percent(share)}" for step, share in figures["read"].items())
    verdicts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in figures["verdicts"].items())
    money = "no prices given" if projected["money"] is None else f"{_between(projected, 'money')} in money"
    return [
        "",
        f"Tried {figures['questions']:,} of {figures['usable_questions']:,} usable questions.",
        f"  replies that can be read: {read}",
        *(f"  {role}'s answers read by: {_counts(tiers)}" for role, tiers in figures["read_by"].items() if tiers),
        f"  questions with answers of both that could be compared: {figures['compared']:,}",
        f"  divergent: {_percent(figures['divergent'])}; atoms: {figures['atoms_asked']:,} asked, "
        f"{figures['atoms_distinct']:,} distinct, {figures['atoms_kept']:,} kept, mean agreement "
        f"{_percent(figures['agreement'])}; judge: {_percent(figures['judge_passed'])}",
        f"  chains: {verdicts}; {figures['chains_kept']:,} examples of reasoning",
        f"All {projected['questions']:,} would take {_between(projected, 'calls')} calls, "
        f"{_between(projected, 'prompt_tokens')} prompt tokens, {_between(projected, 'completion_tokens')} generated "
        f"tokens, {_between(projected, 'hours')} hours at this rate; {money}.",
        *(f"! {warning}" for warning in figures["warnings"]),
    ]


def _between(projected: dict[str, Any], name: str) -> str:
    low, high = projected["range"][name]
    digits = ",.2f" if isinstance(high, float) else ","
    return f"{low:{digits}} to {high:{digits}}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())


def _percent(share: float | None) -> str:
    return "not asked" if share is None else f"{share:.1%}"
