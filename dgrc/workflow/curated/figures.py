"""A curation in figures. The reports of its passes and its datasets flow in; shares and counts flow out.

A pilot's JSON is these figures; a curation's warnings are made of them.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from dgrc.config import MethodConfig
from dgrc.method.echo import is_echo
from dgrc.method.prompts import Pack, languages, load_pack
from dgrc.method.reading import TIERS
from dgrc.method.verify import is_bare
from dgrc.pipeline.counters import REFUSALS
from dgrc.records import Chain
from dgrc.storage.run_dir import RunDir

PASSES = ("gather", "answer", "verify")
ROLES = ("teacher", "student", "auditor")
LOOKED_AT = 2000
"""Cases of which the texts are looked at."""
TRUSTED = 0.9
"""Accord with what could be read anyway from which a reader is believed."""
FEWEST = 10
"""Chains on which that must have been seen."""
Counts = dict[str, int]


def of_run(report: dict[str, Any], run: RunDir, method: MethodConfig) -> dict[str, Any]:
    """The figures of a run that was curated."""
    return measure(report, list(_cases(run)), _atoms(run), method)


def measure(
    report: dict[str, Any], cases: list[dict[str, Any]], atoms: list[dict[str, Any]], method: MethodConfig
) -> dict[str, Any]:
    """Shares, None where nothing was asked: `read` of each step's replies that could be read, and what came of them.

    `scripts` has the share of the questions in each script, `other_script` what to say if the pack asks in another.
    `read.*_sample` is the share of the chains that ended by themselves; `chains` counts how the others ended.
    """
    counts: Counts = {}
    for name in PASSES:
        counts |= report[name].get("counts", {})
    answered = [atom for atom in atoms if atom["answers"]]
    verdicts = {name: counts.get(f"chains_{name}", 0) for name in ("passed", "rejected", "without_verdict")}
    roles = [role for role in ROLES if counts.get(f"{role}_chains")]
    checked = verdicts["passed"] + verdicts["rejected"]
    pack = load_pack(method.prompts)
    written = languages.shares(" ".join([case.get("text", ""), *case["choices"]]) for case in cases)
    gathered, ingested = report["gather"], report.get("ingest", {})  # a later round carries its questions over
    return {
        "pack": {"name": pack.name, "version": pack.version, "language": pack.language},
        "scripts": written,
        "other_script": languages.mismatch(pack, written),
        "questions": gathered["rows"],
        "usable_questions": ingested.get("usable", gathered["rows"]),
        "contaminated": ingested.get("contaminated", 0),
        "read": {
            **{f"{role}_sample": _read(counts, f"{role}_stopped_unread", f"{role}_stopped") for role in roles},
            "diagnose": _read(counts, "diagnoses_unread", "diagnoses"),
            "answer": _read(counts, "answers_unread", "answers"),
            "verify": share(checked, checked + counts.get("verdicts_unread", 0)),
        },
        "read_by": {role: _tiers(counts, role) for role in roles},
        "cut_off": {role: share(counts.get(f"{role}_cut_off", 0), counts[f"{role}_chains"]) for role in roles},
        "chains": {role: _ends(counts, cases, role, pack) for role in roles},
        "compared": counts.get("compared", 0),
        "divergent": share(gathered["status"].get("divergent", 0), gathered["rows"]),
        "ask_unread": {role: asked for role in roles if (asked := asked_about(cases, role, method))["asked"]},
        "atoms_asked": report["collect"]["asked"],
        "atoms_refused": {reason: counts.get(f"atoms_{reason}", 0) for reason in REFUSALS},
        "atoms_distinct": report["collect"]["distinct"],
        "atoms_dropped": {k.removeprefix("dropped_"): n for k, n in counts.items() if k.startswith("dropped_")},
        "atoms_kept": report["screen"]["kept"],
        "agreement": share(sum(atom["agreement"] for atom in answered), len(answered)),
        "judge_passed": share(counts.get("judge_passed", 0), counts.get("judged", 0)),
        "judged": counts.get("judged", 0),
        "verdicts": verdicts,
        "verdicts_echo": counts.get("verdicts_echo", 0),
        "wrapped": sum(spent.get("wrapped", 0) for name in PASSES for spent in report[name]["usage"].values()),
        "chains_kept": report["assemble"].get("cot", 0),
    }


def asked_about(cases: list[dict[str, Any]], role: str, method: MethodConfig) -> dict[str, Any]:
    """How a reader did that was asked about a role's chains: how often it gave an option both times, how often that is
    what could be read anyway, how often the option shown first; and whether what it says is used."""
    from dgrc.method.reading.asked import orders

    asked = told = compared = accord = first = shown = 0
    for case in cases:
        order = orders(len(case["choices"]))
        for said in case["asked"]:
            if said["role"] != role:
                continue
            asked += 1
            chain = case[role][said["chain"]]
            for answer, placed in zip((said["first"], said["second"]), order, strict=True):
                shown += answer is not None
                first += answer is not None and ord(answer) - ord("A") == placed[0]
            if said["first"] is None or said["first"] != said["second"]:
                continue
            told += 1
            if chain["answer"] is not None and chain["read_by"] != "asked":
                compared += 1
                accord += said["first"] == chain["answer"]
    used = compared >= FEWEST and accord >= TRUSTED * compared if method.ask_unread == "measure" else True
    return {
        "asked": asked, "told": told, "compared": compared, "accord": share(accord, compared),
        "first_option": share(first, shown), "used": used,
    }  # fmt: skip


def share(part: float, whole: float) -> float | None:
    """A proportion to four digits; None of nothing."""
    return round(part / whole, 4) if whole else None


def _tiers(counts: Counts, role: str) -> Counts:
    return {tier: counts[f"{role}_read_by_{tier}"] for tier in TIERS if f"{role}_read_by_{tier}" in counts}


def _ends(counts: Counts, cases: list[dict[str, Any]], role: str, pack: Pack) -> Counts:
    """How a role's chains ended. Those cut off in their thoughts, those that are `bare` answers, and those without an
    answer that only say the prompt again, are counted among those that are `looked_at`."""
    ends = {
        what: counts.get(f"{role}_{what}", 0)
        for what in ("chains", "unread", "stopped", "stopped_unread", "cut_off", "refused")
    }
    cut = [chain for case in cases for chain in case[role] if chain["finish_reason"] == "length"]
    stopped = [chain for case in cases for chain in case[role] if chain["finish_reason"] == "stop"]
    echoes = sum(chain["answer"] is None and is_echo(pack, chain["text"]) for chain in stopped)
    bare = sum(is_bare(pack, Chain(**chain)) for case in cases for chain in case[role])
    thought = [chain["tokens"] for chain in cut if chain["thoughts"] and not chain["text"].strip()]
    looked_at = sum(len(case[role]) for case in cases)
    longest = max(thought, default=0)
    return ends | {
        "looked_at": looked_at, "echo": echoes, "bare": bare, "thought_only": len(thought), "longest_thought": longest,
    }  # fmt: skip


def _read(counts: Counts, unread: str, whole: str) -> float | None:
    return share(counts.get(whole, 0) - counts.get(unread, 0), counts.get(whole, 0))


def _atoms(run: RunDir) -> list[dict[str, Any]]:
    return list(pq.ParquetDataset(run.dataset("atoms")).read(columns=["agreement", "answers"]).to_pylist())


def _cases(run: RunDir) -> Iterator[dict[str, Any]]:
    left = LOOKED_AT
    for path in sorted(run.dataset("cases").glob("*.parquet")):
        rows = pq.ParquetFile(path).iter_batches(batch_size=256, columns=["text", "choices", "asked", *ROLES])
        for batch in rows:
            yield from batch.slice(0, left).to_pylist()
            left -= min(left, len(batch))
            if not left:
                return
