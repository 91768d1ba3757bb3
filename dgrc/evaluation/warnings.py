"""Where the accuracies of one evaluation do not say the same: the report flows in, sentences for the user flow out.

A student learns the form of replies before it learns anything else. An accuracy over all replies rises with either, so
what else is known is held against it: what was unread, and what the likelihoods of the options say. Pure.
"""

from typing import Any

MANY_UNREAD = 0.05
"""More unread replies than this share of all are worth a word, as are points that they cost."""
FEW_LETTERS = 0.1
"""Where letters have less of the first token's probability than this, a model would have begun its reply otherwise."""


def warnings(report: dict[str, Any], subject: str) -> list[str]:
    """What to mind about the figures over all questions, then about each of several tasks what is its own."""
    said = _of_models(report) | _of_gains(report, subject)
    tasks = report["tasks"] if len(report["tasks"]) > 1 else {}
    for task, part in tasks.items():
        own = _of_models(part) | _of_gains(part, subject)
        said |= {(task, *about): f"{task}: {words}" for about, words in own.items() if about not in said}
    return list(said.values())


def _of_models(report: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """By the kind of warning and the model."""
    said: dict[tuple[str, ...], str] = {}
    for name, share in report["models"].items():
        found = {
            "unread": _unread(share),
            "failed": _failed(share.get("likelihood")),
            "form": _hidden(share.get("likelihood")),
        }
        said |= {(kind, name): f"{name}: {words}" for kind, words in found.items() if words}
    return said


def _unread(share: dict[str, Any]) -> str:
    if share["unparsed"] <= MANY_UNREAD * share["n"]:
        return ""
    causes, hints = share["unread"], []
    if causes["stopped"]:
        hints.append(f"{causes['stopped']:,} ended without an answer in a form that is read: look at `predictions/`")
    if causes["cut_off"]:
        hints.append(f"{causes['cut_off']:,} were cut off: raise `evaluation.sampling.max_tokens` or `max_model_len`")
    if causes["error"]:
        hints.append(f"{causes['error']:,} were not served: `error` in `predictions/` says why")
    words = f"{share['unparsed']:,} of {share['n']:,} replies were not read and count as wrong ({'; '.join(hints)})"
    if share["read"] and share["accuracy_read"] - share["accuracy"] > MANY_UNREAD:
        words += (
            f". Accuracy is {share['accuracy']:.3f} over all replies, {share['accuracy_read']:.3f} over those read: "
            "learning the form of replies alone would raise the first"
        )
    return words


def _failed(found: dict[str, Any] | None) -> str:
    """Likelihoods that are not there, or that say little."""
    if found is None:
        return ""
    if found["failed"]:
        return f"the options of {found['failed']:,} questions could not be scored; the first because: {found['error']}"
    if found["letter_probability"] < FEW_LETTERS:
        return (
            f"asked for a letter alone, it would begin its reply with one in {found['letter_probability']:.1%} of "
            "cases: the likelihoods of options say little about it"
        )
    return ""


def _hidden(found: dict[str, Any] | None) -> str:
    """A model that knows more than its replies show; by guessing alone it might seem to, where few replies are read."""
    if found is None or not found["n"] or found["above_replies"]["low"] <= 0 or found["low"] <= found["chance"]:
        return ""
    gap = found["above_replies"]
    return (
        f"by the likelihoods of the options it is right {_points(gap)} more often than by its replies: it knows more "
        "than they show, and a student of it may gain by their form alone"
    )


def _of_gains(report: dict[str, Any], subject: str) -> dict[tuple[str, ...], str]:
    """Where the subject's replies are right more often than another model's, beyond chance, and what it knows is not.

    By likelihoods where there are any; else by the questions on which both models' replies were read.
    """
    said: dict[tuple[str, ...], str] = {}
    for name, test in report["against"].items():
        free = test.get("likelihood")
        gain = free["replies"] if free else test
        held = free or test.get("both_read")
        if gain["low"] <= 0 or held is None or held["low"] > 0:
            continue
        where = f"on the {held['n']:,} questions where both were read"
        if free:
            where = "by the likelihoods of the options, which know no form"
        said["gain", name] = (
            f"{subject} is right {_points(gain)} more often than {name} over all replies, but {_points(held)} {where}: "
            f"the gain is in the form of the replies, as far as {held['n']:,} questions can tell"
        )
    return said


def _points(found: dict[str, Any]) -> str:
    low, high = (f"{100 * found[end]:+.1f}" for end in ("low", "high"))
    return f"{100 * found['difference']:+.1f} points [{low}, {high}]"
