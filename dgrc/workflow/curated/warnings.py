"""What should be looked into, in words. The figures of a curation (`figures`) flow in; warnings flow out.

Each says what was seen, how much of it, and what can be done. A pilot shows them before the corpus is paid for, and a
curation carries them too: what came out may be less than it seems.
"""

from collections.abc import Iterator
from typing import Any

FEW, SOME = 0.05, 0.1
"""Shares from which something is said."""
COMPARABLE = 0.8
"""Share of the questions below which a low divergence says nothing."""
AGREED = 0.5
FEWEST = 5
"""Verdicts of which something can be said."""
DISTINCT = 0.2
WELL_READ = 0.9
_OF_TEACHER = ", and they are kept out of the curriculum"
JSON_STEPS = ("diagnose", "answer", "verify")
Figures = dict[str, Any]


def warnings(figures: Figures) -> list[str]:
    """Everything that the figures of a curation give reason to say, what costs most first."""
    script = [figures["other_script"]] if figures["other_script"] else []
    return [*_nothing(figures), *script, *_chains(figures), *_atoms(figures), *_verdicts(figures), *_other(figures)]


def _nothing(figures: Figures) -> Iterator[str]:
    if not figures["atoms_kept"] and not figures["chains_kept"]:
        yield "nothing was kept: the curriculum is empty, and a student would learn nothing from it"
    elif not figures["chains_kept"]:
        yield "no chain was kept: the curriculum has atoms only, and a student would learn no reasoning from it"
    elif not figures["atoms_kept"]:
        yield "no atom was kept: chains were checked against nothing that this corpus asked"


def _chains(figures: Figures) -> Iterator[str]:
    for role, ends in figures["chains"].items():
        whole, stopped = ends["chains"], ends["stopped"]
        if ends["stopped_unread"] > SOME * stopped:
            yield (
                f"{ends['stopped_unread'] / stopped:.0%} of the {role}'s chains that ended by themselves give no "
                "answer that can be read: look at them with `dgrc show`; a model that never says which option it means "
                "cannot be compared"
            )
        looked_at = ends["looked_at"]
        if ends["echo"] > FEW * looked_at:
            yield (
                f"{ends['echo'] / looked_at:.0%} of the {role}'s chains only say the prompt again: it is too weak for "
                "these prompts"
            )
        if ends["bare"] > SOME * looked_at:
            yield (
                f"{ends['bare'] / looked_at:.0%} of the {role}'s chains are an answer without reasoning: there is no "
                f"step in them to part at, to check or to learn{_OF_TEACHER if role == 'teacher' else ''}. Word the "
                "pack's `sample` otherwise (`method.prompts` takes a folder), or take a model that reasons"
            )
        if ends["thought_only"] > FEW * looked_at:
            yield (
                f"{ends['thought_only'] / looked_at:.0%} of the {role}'s chains were cut off while it still thought "
                f"(for up to {ends['longest_thought']:,} tokens): raise `method.{role}_sampling.max_tokens` and "
                f"`{role}.max_model_len`, or set `{role}.thinking: off`"
            )
        elif ends["cut_off"] > FEW * whole:
            yield (
                f"{ends['cut_off'] / whole:.0%} of the {role}'s chains are cut off and count for nothing: raise "
                f"`method.{role}_sampling.max_tokens` or `{role}.max_model_len`"
            )
        if ends["refused"] > FEW * whole:
            yield f"{ends['refused'] / whole:.0%} of the {role}'s chains were ended by its engine or server"
    compared, questions = figures["compared"], figures["questions"]
    if compared < COMPARABLE * questions:
        yield (
            f"only {compared:,} of {questions:,} questions have answers of both models that could be compared: what is "
            "said of divergence holds for these alone"
        )
    elif figures["divergent"] < FEW:
        yield "student and teacher hardly ever part: there is little to learn from their divergence"
    for role, asked in figures["ask_unread"].items():
        if not asked["used"]:
            agrees = f"; of {asked['compared']:,} that could be read it agrees with {asked['accord'] or 0:.0%}"
            yield (
                f"asked twice which option the {role}'s chains end with, the teacher names the same one both times in "
                f"{asked['told']:,} of {asked['asked']:,}{agrees if asked['compared'] else ''}: it cannot be believed, "
                "so it is not asked about chains that could not be read"
            )


def _atoms(figures: Figures) -> Iterator[str]:
    refused = figures["atoms_refused"]
    raised = figures["atoms_asked"] + sum(refused.values())
    if refused["echo"] > FEW * raised:
        yield (
            f"{refused['echo']:,} of {raised:,} atomic questions are the prompt's own words and were refused: the "
            "teacher is too weak for these prompts"
        )
    for reason, words in (
        ("off_topic", "have nothing to do with their case"), ("no_question", "ask nothing"),
        ("leans_on_options", "lean on options that they do not show"),
        ("points_elsewhere", "point at a case that they do not describe"),
        ("gives_answer", "go on with an answer to themselves"),
    ):  # fmt: skip
        if refused[reason] > SOME * raised:
            yield f"{refused[reason]:,} of {raised:,} atomic questions {words} and were refused"
    if figures["atoms_asked"] >= 20 and figures["atoms_distinct"] < DISTINCT * figures["atoms_asked"]:
        yield (
            f"only {figures['atoms_distinct']:,} of {figures['atoms_asked']:,} atomic questions are distinct: the "
            "teacher asks the same of every case"
        )
    agreement = figures["agreement"]
    if agreement is not None and agreement < AGREED:
        yield (
            f"the answers to an atom agree in {agreement:.0%} on average, so that most atoms are dropped: the teacher "
            "is not sure, or words its answers differently each time; `method.grader: true` lets it say which mean "
            "the same"
        )


def _verdicts(figures: Figures) -> Iterator[str]:
    read = figures["read"]
    for step in JSON_STEPS:
        if read[step] is not None and read[step] < WELL_READ:
            why = " (some are the prompt's own words)" if step == "verify" and figures["verdicts_echo"] else ""
            yield (
                f"only {read[step]:.0%} of the replies to `{step}` can be used{why}: look at them with `dgrc show`, "
                f"and at `method.{step}_sampling.max_tokens`"
            )
    verdicts = figures["verdicts"]
    if verdicts["rejected"] >= FEWEST and not verdicts["passed"]:
        yield (
            f"every one of the {verdicts['rejected']:,} chains with a verdict was rejected: look at what contradicts "
            "them"
        )


def _other(figures: Figures) -> Iterator[str]:
    if figures["wrapped"]:
        yield (
            f"{figures['wrapped']:,} replies held the JSON that was asked for among other text: the server does not "
            "hold replies to the schema; they were read all the same"
        )
    if figures["judged"] and figures["judge_passed"] in (0.0, 1.0):
        yield "the judge passes everything or nothing: it filters nothing of worth"
    if figures["contaminated"]:
        yield f"{figures['contaminated']:,} questions of the corpus share their words with evaluation questions"
