"""Can the method be expected to help here? Figures flow in; a verdict and its reasons, in words, flow out.

Each rule looks at an interval, not at a share alone: it speaks where the whole interval lies on one side, and says what
is missing where it does not. The worst finding decides: `unusable` (replies cannot be read), then `no_help_expected`,
then `cannot_tell`, then `helps_expected`.
"""

import math
from collections.abc import Iterator
from typing import Any

from dgrc.evaluation.premise import curves
from dgrc.evaluation.premise.differences import Difference, more_questions

UNUSABLE, NO_HELP, CANNOT_TELL, HELPS = VERDICTS = ("unusable", "no_help_expected", "cannot_tell", "helps_expected")
FEW_READ = 0.5
"""Of the chains that ended by themselves: if fewer can be read, nothing that follows is of these models."""
TOO_HARD, TOO_EASY = 0.1, 0.95
"""Shares of right teacher chains: below, next to nothing is there to be verified; above, next to nothing is wrong."""
NO_DIVERGENCE = 0.05
FEWEST = 30
"""Questions of which the intervals hold: with fewer, nothing is promised."""
Finding = tuple[str, str]
Figures = dict[str, Any]
PREMISE = "The premise (more reliable on small questions than on whole ones)"


def verdict_of(figures: Figures) -> dict[str, Any]:
    """`verdict`, one of `VERDICTS`, `reasons`, those that decide first, and `expected_lead` over the best baseline (of
    0.1 and 0.2: 10 to 20 points) where one is expected.

    Args:
        figures: Of `premise_figures`; where steps were put to the teacher also `step_accuracy` and `steps_over_chains`.
    """
    found = list(_reading(figures))
    if all(kind != UNUSABLE for kind, _ in found):
        found += [*_size(figures), *_chains(figures), *_divergence(figures), *_atoms(figures), *_verifier(figures)]
    lead = None
    if not {UNUSABLE, NO_HELP} & {kind for kind, _ in found}:
        lead, said = _range(figures)
        found += said
    found.sort(key=lambda finding: VERDICTS.index(finding[0]))
    verdict = found[0][0]
    return {
        "verdict": verdict,
        "reasons": [words for _, words in found],
        "expected_lead": [round(lead.low, 4), round(lead.high, 4)] if lead and verdict == HELPS else None,
    }


def percent(share: Figures | None) -> str:
    """A share with its interval in words."""
    if share is None:
        return "not known"
    return f"{share['share']:.0%} [{share['low']:.0%}, {share['high']:.0%}]"


def points(difference: Figures) -> str:
    """A difference with its interval in points."""
    return f"{100 * difference['value']:+.0f} points [{100 * difference['low']:+.0f}, {100 * difference['high']:+.0f}]"


def _reading(figures: Figures) -> Iterator[Finding]:
    for role in ("teacher", "student"):
        share = figures["read_share"].get(role)
        look = f"Look at them with `dgrc show`; a `{role}` that follows the prompts, or another pack, is needed."
        if share is None:
            yield UNUSABLE, (
                f"No chain of the {role} ended by itself: raise `method.{role}_sampling.max_tokens` or "
                f"`{role}.max_model_len`, or see `dgrc show` for what its engine said."
            )
        elif not share["hits"]:
            yield UNUSABLE, f"None of the {share['n']:,} chains of the {role} that ended could be read. {look}"
        elif share["high"] < FEW_READ:
            yield UNUSABLE, f"Of the {role}'s chains that ended only {percent(share)} could be read. {look}"
        elif share["low"] < FEW_READ:
            yield CANNOT_TELL, (
                f"Of the {role}'s chains that ended {percent(share)} could be read, so that what is said here holds "
                f"for a part of the questions alone. {look}"
            )


def _size(figures: Figures) -> Iterator[Finding]:
    if (asked := figures["questions"]) < FEWEST:
        yield CANNOT_TELL, (
            f"{asked:,} questions are too few to expect anything of: {FEWEST - asked:,} more are needed at least "
            "(--questions)."
        )


def _chains(figures: Figures) -> Iterator[Finding]:
    share = figures["teacher_chain_accuracy"]
    if share["high"] < TOO_HARD:
        yield NO_HELP, (
            f"Too hard: {percent(share)} of the teacher's chains are right, so that there is next to nothing to "
            "verify. Take easier questions, or a stronger teacher."
        )
    if share["low"] > TOO_EASY:
        yield NO_HELP, (
            f"Too easy: {percent(share)} of the teacher's chains are right, so that a verifier has next to nothing to "
            "sort out and plain distillation gives the same. Take harder questions, or save the cost."
        )


def _divergence(figures: Figures) -> Iterator[Finding]:
    share = figures["divergent"]
    if share is None:
        yield CANNOT_TELL, f"Whether the models part cannot be told: {figures['not_told']['divergent']}."
    elif share["high"] < NO_DIVERGENCE:
        yield NO_HELP, (
            f"The models part on {percent(share)} of the questions: the method learns where they part, and has next to "
            "nothing to learn from here. Take another student, harder questions, or more chains "
            "(`method.student_chains`)."
        )


def _atoms(figures: Figures) -> Iterator[Finding]:
    asked, steps = figures["atoms_over_chains"], figures.get("steps_over_chains")
    enough = [(found, what) for found, what in (
        (asked, "the atoms that it asked itself and kept"), (steps, "the problems' own steps, put to it one by one"),
    ) if found is not None and found["fewest"] >= FEWEST]  # fmt: skip
    if not enough:
        yield CANNOT_TELL, _untold(figures, asked or steps)
    for found, what in enough[:1]:
        said = f"right answers of the teacher to {what} against its right chains: {points(found)}"
        if found["high"] <= 0:
            yield NO_HELP, f"{PREMISE} fails: {said}. DGRC is not expected to help."
        elif found["low"] <= 0:
            yield CANNOT_TELL, f"{PREMISE} is undecided: {said}. {_more(found)}"
        else:
            yield HELPS, f"{PREMISE} holds: {said}."


def _untold(figures: Figures, found: Figures | None) -> str:
    if found is None:
        return f"{PREMISE} cannot be told: {figures['not_told']['atoms_over_chains']}."
    more = math.ceil(figures["questions"] * (FEWEST / max(found["fewest"], 1) - 1))
    return (
        f"{PREMISE} is undecided: small questions of only {found['fewest']:,} questions can be scored, {FEWEST} are "
        f"wanted. About {more:,} more questions would give as many (--questions)."
    )


def _verifier(figures: Figures) -> Iterator[Finding]:
    lift, checked = figures["verifier_lift"], figures["wrong_among_checked"]
    if lift is None:
        if checked is not None and checked["clusters"] >= FEWEST:
            yield NO_HELP, (
                f"Not one of the {checked['n']:,} chains that were checked passed: nothing would be learned. Look at "
                "what contradicts them with `dgrc show`."
            )
        else:
            yield CANNOT_TELL, "What the verifier is worth cannot be told: too few chains were checked, or none passed."
        return
    said = (
        f"{percent(figures['verifier_precision'])} of the chains that it passes are right, "
        f"{points(lift)} against passing every one that it checked"
    )
    if lift["high"] <= 0:
        yield NO_HELP, f"The verifier is no better than passing everything: {said}."
    elif lift["low"] <= 0:
        yield CANNOT_TELL, f"Whether the verifier is better than passing everything is undecided: {said}. {_more(lift)}"
    elif lift["fewest"] < FEWEST:
        yield CANNOT_TELL, (
            f"The verifier passed chains of only {lift['fewest']:,} questions, {FEWEST} are wanted: {said}. Take more "
            "questions (--questions)."
        )
    else:
        yield HELPS, f"The verifier sorts: {said}."


def _more(found: Figures) -> str:
    more = more_questions(Difference(**found))
    return f"About {max(more, 1):,} more questions would tell, if it is as it seems (--questions)."


def _range(figures: Figures) -> tuple[curves.Lead | None, list[Finding]]:
    """What the recorded curves let expect of a sample whose premise may hold."""
    chains, atoms = figures["teacher_chain_accuracy"], figures["atom_accuracy_kept"] or figures.get("step_accuracy")
    if atoms is None:
        return None, []
    place = curves.where(chains, atoms)
    covered = f"chains right from {curves.CHAINS[0]:.0%} to {curves.CHAINS[1]:.0%}, atoms from {curves.ATOMS[0]:.0%}"
    here = f"{percent(chains)} of the chains and {percent(atoms)} of the atoms are right"
    if place == "outside":
        return None, [(CANNOT_TELL, (
            f"Here {here}. The curves of docs/evidence.md cover {covered}, and no point of them is like this: there is "
            "no evidence, and what to expect is unknown."
        ))]  # fmt: skip
    if place == "edge":
        return None, [(CANNOT_TELL, (
            f"Here {here}, at the edge of what the curves of docs/evidence.md cover ({covered}): more questions would "
            "tell on which side (--questions)."
        ))]  # fmt: skip
    lead = curves.lead(chains, atoms)
    return lead, [(HELPS, (
        f"Here {here}. At the {lead.points} recorded points like this DGRC's student was {100 * lead.low:.0f} to "
        f"{100 * lead.high:.0f} points ahead of the best baseline (one teacher chain, or the majority of three). The "
        "curves are of a made world, not of LLMs."
    ))]  # fmt: skip
