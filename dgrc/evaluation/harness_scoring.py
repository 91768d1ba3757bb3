"""How a task of lm-evaluation-harness that we wrote is scored: a document of it and a reply in, right or not out.

A document carries all that reading and scoring need, so that no settings file has to be beside it. It carries them as
JSON in one text, `scoring`, because `datasets`, by which lm_eval reads files, makes times of a column whose texts are
all dates. lm_eval imports this module (by `dgrc_scoring.py` beside the task) and calls `process_results` with each
reply as it was drawn.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dgrc.config import MethodConfig
from dgrc.evaluation.published_metrics import right
from dgrc.evaluation.score import expected_answer
from dgrc.method import sample
from dgrc.method.prompts import load_pack
from dgrc.records import Question

METRIC = "exact_match"


def document(question: Question, method: MethodConfig) -> dict[str, Any]:
    """A question as a row of a task: what is asked, what is right, and what decides whether a reply is."""
    messages = sample.build_messages(load_pack(method.prompts), question.text, question.choices, question.several)
    scoring = {
        "answer": expected_answer(question.label, question.choices, method.answers, question.several),
        "label": question.label, "choices": question.choices, "several": question.several,
        "form": method.answers, "tolerance": method.number_tolerance, "meta": question.meta,
        "question": question.text,
    }  # fmt: skip
    return {
        "id": question.source_id or str(question.id),
        "prompt": "\n\n".join(message["content"] for message in messages),
        "answer": scoring["answer"],
        "scoring": json.dumps(scoring, ensure_ascii=False),
    }


def target(doc: Mapping[str, Any]) -> str:
    """The right answer, as logs show it."""
    return str(json.loads(doc["scoring"])["answer"])


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """Whether the first of these replies is right, read and compared as by `dgrc evaluate`.

    lm_eval does not say of a reply whether it was cut off, so all are read as if they had ended by themselves.
    """
    by = json.loads(doc["scoring"])
    chain = sample.to_chain(
        results[0], "stop", 0, by["choices"], by["form"], several=by["several"], question=by["question"]
    )
    asked = (by[name] for name in ("label", "choices", "form", "tolerance", "meta", "several", "question"))
    return {METRIC: float(right(chain.answer, *asked))}
