"""The figures of every model on some questions: predictions and which are right in, three accuracies and tests out.

Three accuracies of each model: over all replies (one that could not be read is wrong), over those that were read, and
without the form of replies, by the log-likelihoods of the options. Pure; plain values that JSON holds.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dgrc.evaluation.compare import Difference, difference, mcnemar
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.score import accuracy

Rights = Mapping[str, Sequence[bool | None]]
"""Of each model, question by question: right, wrong, or None where nothing can be said."""
UNREAD = ("stopped", "cut_off", "error")
"""Why a reply has no answer: it ended by itself without one that can be read, at `max_tokens`, or there is no reply."""


def make_report(
    predictions: dict[str, list[Prediction]],
    right: dict[str, list[bool]],
    confidence: float,
    subject: str,
    likeliest: Rights | None = None,
) -> dict[str, Any]:
    """The accuracies of each model, and `subject` tested against each other model on the same questions.

    `likeliest` says for which questions the likeliest option is the right one (`score_likeliest`).
    """
    count = len(next(iter(right.values())))
    report: dict[str, Any] = {"questions": count, "confidence": confidence, "models": {}, "against": {}}
    by_option = {name: (likeliest or {}).get(name, [None] * count) for name in right}
    for name, replies in predictions.items():
        report["models"][name] = _of_replies(replies, right[name], confidence)
        if found := _of_options(replies, right[name], by_option[name], confidence):
            report["models"][name]["likelihood"] = found
    if subject in right:
        were_read = {name: [p.chain.answer is not None for p in replies] for name, replies in predictions.items()}
        for name in right:
            if name != subject:
                report["against"][name] = _against(name, subject, right, were_read, by_option, confidence)
    return report


def _of_replies(replies: Sequence[Prediction], right: Sequence[bool], confidence: float) -> dict[str, Any]:
    """Accuracy over all replies and over those read, why others were not, and how many were read in each way."""
    unread = Counter(_unread(p) for p in replies if p.chain.answer is None)
    share = accuracy(right, unread.total(), confidence)
    read = share.n - share.unparsed
    return {
        "accuracy": round(share.accuracy, 4), "low": round(share.low, 4), "high": round(share.high, 4),
        "right": share.right, "n": share.n, "unparsed": share.unparsed,
        "read": read, "accuracy_read": round(share.right / read, 4) if read else None,
        "unread": {cause: unread[cause] for cause in UNREAD},
        "read_by": dict(sorted(Counter(p.chain.read_by for p in replies if p.chain.read_by is not None).items())),
    }  # fmt: skip


def _unread(prediction: Prediction) -> str:
    if prediction.error is not None:
        return "error"
    return "cut_off" if prediction.chain.finish_reason == "length" else "stopped"


def _of_options(
    replies: Sequence[Prediction], right: Sequence[bool], by_option: Sequence[bool | None], confidence: float
) -> dict[str, Any] | None:
    """Accuracy of the likeliest options, and how far it lies above that of the replies to the same questions."""
    asked = [p.options for p in replies if p.options is not None]
    if not asked:
        return None
    errors = [found.error for found in asked if found.error is not None]
    known = [(free, said) for free, said in zip(by_option, right, strict=True) if free is not None]
    result: dict[str, Any] = {"n": len(known), "failed": len(errors), "error": errors[0] if errors else None}
    if known:
        free, said = [f for f, _ in known], [s for _, s in known]
        share = accuracy(free, 0, confidence)
        scored = [found for found in asked if found.error is None]
        letters = sum(found.letter_probability for found in scored) / len(scored)
        chance = sum(1 / len(found.logprobs) for found in scored) / len(scored)
        result |= {
            "right": share.right, "accuracy": round(share.accuracy, 4), "low": round(share.low, 4),
            "high": round(share.high, 4), "chance": round(chance, 4), "letter_probability": round(letters, 4),
            "above_replies": _rounded(difference(free, said, confidence)),
        }  # fmt: skip
    return result


def _against(
    name: str,
    subject: str,
    right: Mapping[str, Sequence[bool]],
    were_read: Mapping[str, Sequence[bool]],
    by_option: Rights,
    confidence: float,
) -> dict[str, Any]:
    """The subject against one other model: over all replies, where both were read, and by the likeliest options."""
    found = _paired(name, subject, right[name], right[subject], confidence)
    read = [place for place, both in enumerate(zip(were_read[name], were_read[subject], strict=True)) if all(both)]
    if read:
        ours, theirs = ([right[model][place] for place in read] for model in (subject, name))
        found["both_read"] = {"n": len(read), **_rounded(difference(ours, theirs, confidence))}
    pairs = enumerate(zip(by_option[subject], by_option[name], strict=True))
    known = [(place, a, b) for place, (a, b) in pairs if a is not None and b is not None]
    if known:
        free, free_theirs = [a for _, a, _ in known], [b for _, _, b in known]
        ours, theirs = ([right[model][place] for place, _, _ in known] for model in (subject, name))
        found["likelihood"] = {"n": len(known), **_paired(name, subject, free_theirs, free, confidence)}
        found["likelihood"]["replies"] = _rounded(difference(ours, theirs, confidence))
    return found


def _paired(
    name: str, subject: str, theirs: Sequence[bool], ours: Sequence[bool], confidence: float
) -> dict[str, Any]:
    test = mcnemar(ours, theirs)
    return {
        f"only_{subject}_right": test.only_a, f"only_{name}_right": test.only_b, "p_value": test.p_value,
        **_rounded(difference(ours, theirs, confidence)),
    }  # fmt: skip


def _rounded(found: Difference) -> dict[str, float]:
    return {"difference": round(found.value, 4), "low": round(found.low, 4), "high": round(found.high, 4)}
