"""`dgrc premise CONFIG`: what the method stands on, measured with the user's own models before a run is paid for.

The last line of standard output is one JSON object with every figure. The exit status is 3 where nothing was measured.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from dgrc.cli.common import config_arguments, load, print_plan, say, tell

NOTHING_MEASURED = 3
WORDS = {
    "helps_expected": "DGRC can be expected to help here.",
    "no_help_expected": "DGRC is not expected to help here.",
    "cannot_tell": "It cannot be told whether DGRC helps here.",
    "unusable": "These models cannot be used like this.",
}
TRUTH = (
    "Problems with the truth of every step, a JSON object a line: `id`, `text`, `answer`, and `steps` with `question` "
    "and `answer` each. Without it labels are used, which tell answers alone."
)


@click.command()
@config_arguments
@click.option("--questions", default=400, show_default=True, type=click.IntRange(min=1), help="How many to measure on.")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help=TRUTH)
@click.option(
    "--steps", default=400, show_default=True, type=click.IntRange(min=0),
    help="How many of the problems' own steps to put to the teacher, with --truth.",
)  # fmt: skip
@click.pass_context
def premise(
    ctx: click.Context, config: str, questions: int, truth: Path | None, steps: int, overrides: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Measure what the method stands on, where answers are known, before paying for it.

    The teacher must be more reliable on small questions than on whole ones, and its verifier must tell right chains
    from wrong ones. A random sample is curated as a run of its own, without its labels, and held against the truth.
    """
    from dgrc.evaluation.premise.sample import choose
    from dgrc.workflow.job import Job
    from dgrc.workflow.preflight import check
    from dgrc.workflow.premise import measured_on, premise_name, prepare, run_premise

    given = load(config, overrides)
    if dry_run:
        sampled = measured_on(given).model_copy(update={"name": premise_name(given)})
        print_plan(sampled, ("curate",), anew=True, own=lambda: _sampled(choose(given, questions, truth)))
        return
    check(measured_on(given), ("curate",), say, anew=True)
    settings = prepare(given, questions, truth, say)
    with Job(settings, say, allow_empty=True, checked=True).open("curate") as job:
        figures = run_premise(job, truth, steps)
    for line in _lines(figures):
        say(line)
    say(f"Look at any case:  dgrc show {job.run.root}")
    tell(json.dumps(figures))
    if not figures["measured"]:
        ctx.exit(NOTHING_MEASURED)


def _sampled(sample: Any) -> str:
    """What would be measured on."""
    return f"# premise   {len(sample.questions):,} of {sample.there:,} questions whose answers are known"


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    """The figures in words."""
    yield ""
    yield f"Measured on {figures['questions']:,} questions; in brackets the interval, by question:"
    for what, share in _shares(figures):
        if share is not None:
            yield f"  {what}: {_percent(share)} of {share['n']:,}"
    if (lift := figures["verifier_lift"]) is not None:
        yield f"  the verifier against passing every chain that it checked: {_points(lift)}"
    if (over := figures["atoms_over_chains"]) is not None:
        yield f"  kept atoms right more often than chains: {_points(over)}"
    untold: dict[str, list[str]] = {}
    for name, why in figures["not_told"].items():
        untold.setdefault(why, []).append(name.replace("_", " "))
    yield from (f"  not told: {', '.join(names)}; {why}" for why, names in untold.items())
    spent = ", ".join(f"{who} {tokens['completion']:,.0f}" for who, tokens in figures["tokens_a_question"].items())
    yield f"  generated tokens a question: {spent}"
    yield WORDS[figures["verdict"]]
    yield from (f"- {reason}" for reason in figures["reasons"])


def _shares(figures: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """The shares with what they are of."""
    for role, share in figures["read_share"].items():
        yield f"chains of the {role} that ended and could be read", share
    yield "the teacher's chains with the right answer", figures["teacher_chain_accuracy"]
    yield "the same, right in every step too", figures["teacher_chains_right_in_every_step"]
    yield "questions that the teacher's majority has right", figures["teacher_majority_accuracy"]
    yield "the student's chains with the right answer", figures["student_chain_accuracy"]
    yield "questions on which the models part", figures["divergent"]
    yield "of these, the teacher's majority is right", figures["divergence_useful"]
    yield "atoms of which the truth can be told", figures["atoms_scorable"]
    yield "of these, answered right", figures["atom_accuracy"]
    yield "kept ones, answered right", figures["atom_accuracy_kept"]
    yield "the problems' own steps, answered right", figures["step_accuracy"]
    for kind, share in figures["step_accuracy_by_kind"].items():
        yield f"  {kind or 'of no kind'}", share
    yield "atoms about a step at which the chains part", figures["on_target"]
    yield "the same where the teacher's chain is right", figures["on_target_teacher_right"]
    yield "the same where it is wrong", figures["on_target_teacher_wrong"]
    yield "chains that the verifier passed, right", figures["verifier_precision"]
    yield "right chains that it checked, passed", figures["verifier_recall"]
    yield "wrong, of those on which the models agree", figures["shared_errors"]


def _percent(share: dict[str, Any]) -> str:
    return f"{share['share']:.1%} [{share['low']:.1%}, {share['high']:.1%}]"


def _points(found: dict[str, Any]) -> str:
    return f"{100 * found['value']:+.1f} points [{100 * found['low']:+.1f}, {100 * found['high']:+.1f}]"
