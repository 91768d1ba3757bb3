"""How hard the domain must be for a teacher. Its replies to a pilot's problems flow in; levels and templates flow out.

The premise wants a teacher that has 0.3 to 0.7 of its whole chains right. Levels are taken as they are where some set
of neighbouring ones lies there; else the templates that are furthest off are left out. What was chosen is measured anew
on other problems by the run itself, so that no figure stands on the pilot that chose it.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dgrc.errors import DgrcError

LOWEST, HIGHEST, WANTED = 0.3, 0.7, 0.5
PRIOR = 4.0
"""A template's accuracy is drawn to its level's by so many replies: a few replies say little of a template."""
FEWEST_UNSEEN = 4
"""So many held-out templates stay at least, where templates are chosen."""
READS_NOTHING = 0.1
"""A teacher of whose replies a smaller share can be read has to be given another prompt, not another domain."""


@dataclass(frozen=True)
class Reply:
    """One reply of the pilot: `read` says whether the product read an answer, `lenient` is right without the form."""

    template: str
    level: int
    read: bool
    right: bool
    lenient: bool
    tokens: int


@dataclass(frozen=True)
class Choice:
    """The domain that was chosen; `templates` are those that are trained on, `unseen` those that are held out (of all
    that are allowed, where `by` is `levels`). `accuracy` is what the pilot expects of the ones trained on."""

    levels: tuple[int, ...]
    templates: tuple[str, ...]
    accuracy: float
    by: str
    unseen: tuple[str, ...] = ()


def table(replies: Sequence[Reply], key: str) -> dict[str, dict[str, float | int]]:
    """Replies, share read, right, and right without the form, by `level` or `template`."""
    parts: dict[str, list[Reply]] = defaultdict(list)
    for reply in replies:
        parts[str(getattr(reply, key))].append(reply)
    return {
        name: {
            "n": len(part), **{what: round(sum(getattr(r, what) for r in part) / len(part), 4) for what in
            ("read", "right", "lenient")},
        }
        for name, part in sorted(parts.items())
    }  # fmt: skip


def choose(replies: Sequence[Reply], least: int) -> Choice:
    """The set of neighbouring levels whose accuracy is nearest to 0.5, with `least` templates; by templates if none is.

    Raises:
        DgrcError: the teacher's replies cannot be read, or it has too many or too few right whatever is chosen.
    """
    if not replies:
        raise DgrcError("The pilot of the difficulty has no reply. Ask for at least one problem a level (--pilot).")
    read = sum(reply.read for reply in replies) / len(replies)
    if read < READS_NOTHING:
        lenient = sum(reply.lenient for reply in replies) / len(replies)
        raise DgrcError(
            f"Of the teacher's {len(replies)} replies in the pilot {read:.0%} could be read ({lenient:.0%} are right "
            "read leniently), so there is nothing to compare and nothing would be learned. Try another prompt pack "
            "(--set method.prompts=...), longer replies (method.teacher_sampling.max_tokens), or a model that follows "
            "instructions."
        )
    templates = _shrunk(replies)
    if (by_level := _by_levels(templates, least)) is not None:
        return by_level
    if (by_template := _by_templates(templates, least)) is not None:
        return by_template
    raise DgrcError(_why_not(replies, templates, least))


def with_unseen(choice: Choice, others: Sequence[Reply]) -> Choice:
    """The choice with the held-out templates. Where templates were chosen, they are chosen by the same rule: those on
    which the teacher fails (or never does) are left out, but for `FEWEST_UNSEEN`. No student is asked for this.

    Args:
        choice: Of the templates that are trained on.
        others: The pilot's replies to templates that are held out.
    """
    levels = [reply for reply in others if reply.level in choice.levels]
    means = _by_name(_shrunk(levels)) if levels else {}
    kept = list(means) if choice.by == "levels" else _without_the_furthest(means, FEWEST_UNSEEN)
    return dataclasses.replace(choice, unseen=tuple(sorted(kept)))


def _shrunk(replies: Sequence[Reply]) -> dict[tuple[str, int], float]:
    """Accuracy of each template at each of its levels, drawn to its level's."""
    levels, cells = defaultdict(list), defaultdict(list)
    for reply in replies:
        levels[reply.level].append(reply.right)
        cells[reply.template, reply.level].append(reply.right)
    mean = {level: sum(found) / len(found) for level, found in levels.items()}
    return {key: (sum(found) + PRIOR * mean[key[1]]) / (len(found) + PRIOR) for key, found in cells.items()}


def _by_levels(cells: dict[tuple[str, int], float], least: int) -> Choice | None:
    levels = sorted({level for _, level in cells})
    found = []
    for start in range(len(levels)):
        for end in range(start, len(levels)):
            chosen = tuple(levels[start : end + 1])
            part = {key: accuracy for key, accuracy in cells.items() if key[1] in chosen}
            names = sorted({template for template, _ in part})
            accuracy = round(sum(part.values()) / len(part), 4)
            if len(names) >= least and LOWEST <= accuracy <= HIGHEST:
                found.append(Choice(chosen, tuple(names), accuracy, "levels"))
    # Of two as near to the middle the one with more levels: it says more about difficulty.
    return min(found, key=lambda choice: (abs(choice.accuracy - WANTED), -len(choice.levels)), default=None)


def _by_templates(cells: dict[tuple[str, int], float], least: int) -> Choice | None:
    """All templates but those furthest from the middle on the side on which the whole lies."""
    means = _by_name(cells)
    kept = _without_the_furthest(means, least)
    accuracy = _mean(means, kept)
    if len(kept) < least or not LOWEST <= accuracy <= HIGHEST:
        return None
    levels = tuple(sorted({level for template, level in cells if template in kept}))
    return Choice(levels, tuple(sorted(kept)), accuracy, "templates")


def _without_the_furthest(means: dict[str, float], least: int) -> list[str]:
    """The templates that are left when the hardest (or easiest) are taken away one by one, until the mean is within the
    borders or no more may go."""
    kept = sorted(means, key=lambda template: means[template])
    while len(kept) > least and not LOWEST <= (accuracy := _mean(means, kept)) <= HIGHEST:
        kept = kept[1:] if accuracy < LOWEST else kept[:-1]
    return kept


def _mean(means: dict[str, float], names: Sequence[str]) -> float:
    return round(sum(means[name] for name in names) / len(names), 4) if names else 0.0


def _by_name(cells: dict[tuple[str, int], float]) -> dict[str, float]:
    """Accuracy of each template over its levels."""
    whole: dict[str, list[float]] = defaultdict(list)
    for (template, _), accuracy in cells.items():
        whole[template].append(accuracy)
    return {template: sum(found) / len(found) for template, found in whole.items()}


def _why_not(replies: Sequence[Reply], cells: dict[tuple[str, int], float], least: int) -> str:
    by_level = table(replies, "level")
    said = "; ".join(f"level {name}: {part['right']:.2f} of {part['n']} right" for name, part in by_level.items())
    right = sum(reply.right for reply in replies) / len(replies)
    names = len({template for template, _ in cells})
    if names < least:
        return (
            f"The domain has {names} training templates for these languages and domains, and {least} are wanted "
            "(--least-templates). Allow more levels, domains or languages."
        )
    if right < WANTED:
        what, todo = (
            "too hard",
            "Try another wording (--set method.prompts=PACK, in a new --out), longer replies "
            "(method.teacher_sampling.max_tokens), a stronger teacher, or fewer templates (--least-templates)",
        )
    else:
        what, todo = "too easy", "Use a weaker teacher, or harder templates (more steps)"
    read = sum(reply.read for reply in replies) / len(replies)
    return (
        f"The domain is {what} for this teacher: it has {right:.2f} of its chains right ({said}; {read:.2f} of them "
        f"could be read), and neither neighbouring levels nor {least} templates lie between {LOWEST} and {HIGHEST}. "
        f"{todo}."
    )
