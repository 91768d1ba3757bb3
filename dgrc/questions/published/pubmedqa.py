"""PubMedQA: the authors' object by PMID (`QUESTION`, `CONTEXTS`, `final_decision`), or the Hub's `pubid`, `question`,
`context` (with `contexts`), `final_decision`. Asked is what lm-evaluation-harness asks: the abstract without its
conclusion, the question, and yes, no or maybe, which are options here."""

import json
from typing import Any

from dgrc.questions.options import Unusable, missing
from dgrc.questions.published.row import Read, Row, Rows, each, question

DECISIONS = ("yes", "no", "maybe")


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    named = {str(name).casefold(): value for name, value in row.items()}
    contexts = _contexts(named["contexts"] if "contexts" in named else named["context"])
    asked, decision = named["question"], named.get("final_decision")
    if not isinstance(asked, str) or not asked.strip():
        raise Unusable("it has no question")
    said = "" if missing(decision) else str(decision).strip().casefold()
    label = DECISIONS.index(said) if said in DECISIONS else None
    source_id = next((named[name] for name in ("pubid", "pmid", "id") if name in named), None)
    made = question(f"Abstract: {contexts}\nQuestion: {asked.strip()}", DECISIONS, label, source_id)
    if said and label is None:
        made["unlabeled"] = f"its `final_decision` is {said[:80]!r}; wanted is yes, no or maybe"
    return made


def _contexts(value: Any) -> str:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):  # a table has no lists
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as e:
            raise Unusable(f"its contexts are neither text nor a list in JSON: {value[:80]!r}") from e
    if isinstance(value, dict):
        value = value["contexts"]
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not parts or not all(isinstance(part, str) for part in parts):
        raise Unusable("its contexts are no texts")
    return "\n".join(part.strip() for part in parts)
