"""Lists: facets with their counts, search, orders, pages by key, neighbours; and what one case and one atom tell."""

from dataclasses import replace
from pathlib import Path

import pytest

from dgrc.config import MethodConfig
from dgrc.view import lists
from dgrc.view.case import tell_atom, tell_case, words_to_light
from dgrc.view.index.build import build
from dgrc.view.index.tables import place_of
from dgrc.view.overview import tell_run
from dgrc.view.query import Chosen, View
from dgrc.view.store import Store
from tests.view.made import ASKED, CASES, HOSTILE, RIGHT, evaluated, facts, write_run

IDS = {one.source_id: str(one.id) for one in CASES}
LEASE, HAN, ARABIC, BAD, SAME, MUTE, BROKEN = (one.id for one in CASES)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    run = write_run(tmp_path_factory.mktemp("runs") / "r")
    build(run)
    return Store(place_of(run))


@pytest.fixture(scope="module")
def cases(store: Store) -> View:
    return lists.cases(store)


def ids(view: View, words: str = "", order: str = "", **values: list[str]) -> list[int]:
    return [int(row["id"]) for row in view.page(Chosen(values, words, order))["rows"]]


def counts(view: View, facet: str, words: str = "", **values: list[str]) -> dict[str, int]:
    told = view.page(Chosen(values, words))["facets"]
    return dict(next(one["values"] for one in told if one["name"] == facet))


def test_the_most_telling_come_first(cases: View) -> None:
    assert ids(cases)[:2] == [LEASE, BAD]  # mixed verdicts, then a contradiction
    assert ids(cases, order="as read") == [one.id for one in CASES]
    assert ids(cases, order="tokens")[0] == LEASE and ids(cases, order="no such order") == ids(cases)


def test_facets_filter_and_count_what_choosing_them_would_give(cases: View) -> None:
    assert counts(cases, "status") == {"divergent": 4, "agreeing": 1, "unparsed": 1, "failed": 1}
    assert counts(cases, "verdict") == {
        "not held against facts": 3, "mixed": 1, "passed": 1, "unchecked": 1, "contradicted": 1,
    }  # fmt: skip
    assert counts(cases, "read_by")["ended by length"] == 1 and counts(cases, "read_by")["tag"] == 5
    assert counts(cases, "error") == {"teacher sample": 1} and counts(cases, "source") == {"part.jsonl": 7}
    assert counts(cases, "curriculum") == {"gives no chain": 5, "gives chains": 2}
    assert set(ids(cases, status=["failed", "unparsed"])) == {MUTE, BROKEN}
    assert ids(cases, read_by=["phrase"], verdict=["mixed"]) == [LEASE]
    assert ids(cases, status=["nowhere"]) == []
    # of its own facet all values are counted, of others those that are left
    assert counts(cases, "status", status=["failed"]) == counts(cases, "status")
    assert counts(cases, "script", status=["divergent"]) == {"Latin": 2, "Han": 1, "Arabic": 1}


def test_search_finds_words_of_any_script_and_ids(cases: View) -> None:
    assert ids(cases, "诉讼时效") == [HAN] and ids(cases, "效") == [HAN] and ids(cases, "المستأجر") == [ARABIC]
    assert set(ids(cases, "landlord")) == {LEASE, BAD}  # in a question, and in an atom that was asked
    assert ids(cases, "landlord september") == [LEASE] and ids(cases, "Septemb") == [LEASE]
    assert ids(cases, "lease-17") == [LEASE] and ids(cases, f"{HAN}") == [HAN] and ids(cases, "合同-3") == [HAN]
    assert ids(cases, "nobody says this") == [] and ids(cases, "?!") == [] and len(ids(cases, "  ")) == 7
    assert counts(cases, "status", "landlord") == {"divergent": 2}


def test_pages_follow_one_another_by_id(cases: View) -> None:
    whole = ids(cases)
    paged: list[int] = []
    while page := cases.page(Chosen(), paged[-1] if paged else None, 3)["rows"]:
        paged += [int(row["id"]) for row in page]
    assert paged == whole
    assert cases.page(Chosen(), 12345, 3)["from"] == 0
    # a row that is not in the list (any more) still says where to go on
    divergent = Chosen({"status": ["divergent"]}, order="as read")
    assert [int(row["id"]) for row in cases.page(divergent, SAME)["rows"]] == []
    assert [int(row["id"]) for row in cases.page(divergent, LEASE, 1)["rows"]] == [HAN]


def test_neighbours_are_those_of_the_list(cases: View) -> None:
    around = cases.around(Chosen({"status": ["divergent"]}, order="as read"), HAN)
    assert around == {"place": 2, "total": 4, "before": str(LEASE), "after": str(ARABIC)}
    assert cases.around(Chosen({"status": ["failed"]}), HAN)["place"] is None
    assert cases.around(Chosen(), 5)["place"] is None


def test_only_the_teachers_chains_are_in_the_curriculum_whoever_wrote_the_same(tmp_path: Path) -> None:
    lease = replace(CASES[0], student=(CASES[0].teacher[0],))
    run = write_run(tmp_path / "same", [lease])
    build(run)
    store = Store(place_of(run))
    told = tell_case(store, LEASE, MethodConfig())
    store.close()
    assert told is not None
    assert told["chains"]["teacher"][0]["kept"] and not told["chains"]["student"][0]["kept"]


def test_a_case_tells_why_each_chain_was_kept_or_dropped(store: Store) -> None:
    told = tell_case(store, LEASE, MethodConfig())
    assert told is not None
    whys = [chain["why"] for chain in told["chains"]["teacher"]]
    assert whys[0] == "In the curriculum: held against 2 facts, none contradicts it."
    assert whys[1] == "Dropped: held against 2 facts, contradicted by 1 of them."
    assert whys[2].startswith("Passed, not in the curriculum, which takes at most 3 chains a question")
    assert whys[3] == "Dropped: it could not be checked (the chain has no answer)."
    start, end = told["partings"][0]["teacher"]
    assert RIGHT[start:end].startswith("It must also be given three months")
    notice, writing = told["atoms"]
    assert notice["question"] == ASKED["notice"] and notice["answers"].count("one month") == 1
    assert [(one["relation"], one["who"], one["finding"]) for one in notice["chains"]] == [
        ("does not contradict", "", ""),  # as earlier versions wrote it
        ("contradicts", "the verifier on teacher 1", "It gives notice of one month."),
        ("supports", "teacher 2 says", "three months"),
    ]
    assert writing["relations"] == [
        {"relation": "is not touched by", "chains": [2]},
        {"relation": "does not contradict", "chains": [0]},
        {"relation": "was not compared with", "chains": [1]},
    ]
    assert [one["relation"] for one in notice["relations"]] == ["contradicts", "supports", "does not contradict"]
    assert told["diagnoses"][0]["refused"][0]["reason"] == "leans_on_options"
    assert told["question"]["source"] == "mine/part.jsonl:1" and told["question"]["source_id"] == "lease-17"


@pytest.mark.parametrize(
    ("id_", "why"),
    [
        (SAME, "Not used: teacher and student agree, so it was not held against facts."),
        (MUTE, "Dropped: its answer could not be read."),
        (ARABIC, "Dropped: it could not be checked (no fact speaks to it)."),
    ],
)
def test_a_chain_without_a_verdict_has_its_reason(store: Store, id_: int, why: str) -> None:
    told = tell_case(store, id_, MethodConfig())
    assert told is not None and told["chains"]["teacher"][0]["why"] == why


def test_an_atom_lights_words_and_numbers_and_no_bare_sign() -> None:
    assert words_to_light("What is 4 + 7 * 2 % of the lease? + lease") == ["4", "7", "2", "lease"]
    assert words_to_light("\u65f6\u6548 \u00b1 3") == ["\u65f6\u6548", "3"]


def test_a_failed_case_and_one_that_is_not_there(store: Store) -> None:
    told = tell_case(store, BROKEN, None)
    assert told is not None and told["error"] == "teacher sample: HTTP 500: no room" and told["chains"]["teacher"] == []
    assert tell_case(store, 5, None) is None and tell_atom(store, 5) is None


def test_an_atom_tells_who_asked_it_and_what_it_decided(store: Store) -> None:
    told = tell_atom(store, facts("notice")[0])
    assert told is not None and told["asked_by_count"] == 2 and told["contradicts_count"] == 2
    assert {row["id"] for row in told["contradicts"]} == {str(LEASE), str(BAD)}
    atoms = lists.atoms(store)
    assert ids(atoms)[0] == facts("notice")[0] and ids(atoms, became=["disagreement"]) == list(facts("nisab"))
    assert ids(atoms, "时效") == list(facts("limit")) and counts(atoms, "decided") == {"no chain": 3, "some chain": 1}


def test_the_overview_counts_what_is_lost_and_where(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r")
    evaluated(run)
    build(run)
    store = Store(place_of(run))
    told = tell_run(run, store, lists.cases(store), lists.atoms(store), {})
    funnel = {step["name"]: step for step in told["funnel"]}
    assert {name: step["count"] for name, step in funnel.items()} == {
        "questions": 7, "readable": 5, "divergent": 4, "atoms asked": 5, "distinct atoms": 4, "atoms kept": 3,
        "chains held against facts": 7, "chains passed": 3, "chains in the curriculum": 2,
    }  # fmt: skip
    lost = {loss["name"]: (loss["count"], loss["chosen"]) for loss in funnel["chains passed"]["losses"]}
    assert lost["contradicted"][0] == 2 and lost["without a verdict"][0] == 2
    view = lists.cases(store)
    assert set(ids(view, **lost["contradicted"][1])) == {LEASE, BAD}
    assert set(ids(view, **lost["without a verdict"][1])) == {LEASE, ARABIC}
    assert told["evaluation"]["models"]["dgrc"]["accuracy"] == 0.72 and told["troubles"] == []
    assert {(one["role"], one["step"]): one["calls"] for one in told["usage"]} == {
        ("teacher", "sample"): 28, ("teacher", "verify"): 28,
    }  # fmt: skip
    assert told["agreement"][7] == 1 and told["agreement"][10] == 3


@pytest.mark.parametrize("damage", ["{", "[1, 2", ""])
def test_what_cannot_be_read_is_told_and_the_rest_is_shown(tmp_path: Path, damage: str) -> None:
    run = write_run(tmp_path / "r", until="cases")
    run.evaluation().write_text(damage)
    build(run)
    store = Store(place_of(run))
    told = tell_run(run, store, lists.cases(store), lists.atoms(store), {})
    assert told["evaluation"] is None and "evaluation.json" in told["troubles"][0]
    assert [step["name"] for step in told["funnel"]] == ["questions", "readable", "divergent", "atoms asked"]
    next(run.dataset("cases").glob("*.parquet")).unlink()
    build(run)
    store.refresh()
    told = tell_run(run, store, lists.cases(store), lists.atoms(store), {})
    assert [step["name"] for step in told["funnel"]][:2] == ["questions", "gathered so far"]
    write_run(run.root, until="cases")
    build(run)
    store.refresh()
    assert tell_case(store, LEASE, None)["chains"]["teacher"][0]["why"] == "Not verified yet."  # type: ignore[index]
    assert HOSTILE in {row["text"].removeprefix("Hostile ") for row in lists.cases(store).page(Chosen())["rows"]}
