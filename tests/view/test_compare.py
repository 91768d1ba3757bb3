"""Two runs held against each other: what changed, counted, filtered, and paged as any list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dgrc.view.compare import Comparison
from dgrc.view.follow import Runs
from dgrc.view.index.build import build
from dgrc.view.index.tables import place_of
from dgrc.view.query import Chosen
from dgrc.view.server import application
from dgrc.view.store import Store
from tests.view.made import CASES, indexed_pair, write_run
from tests.view.test_server import TOKEN, get

LEASE, CONTRACT, TENANT = (case.id for case in CASES[:3])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return indexed_pair(tmp_path_factory.mktemp("runs"), "before", "after")


@pytest.fixture(scope="module")
def stores(runs: Any) -> Iterator[tuple[Store, Store]]:
    both = Store(place_of(runs[1])), Store(place_of(runs[0]))
    yield both
    for store in both:
        store.close()


def page(stores: tuple[Store, Store], **values: list[str]) -> Any:
    return Comparison(*stores).page(Chosen(values), None, 50)


def test_only_what_changed_is_listed_with_what_it_was(stores: tuple[Store, Store]) -> None:
    found = page(stores)
    assert found["counts"] == {"both": 6, "only_here": 0, "only_there": 1, "changed": 3}
    rows = {int(row["id"]): row for row in found["rows"]}
    assert rows.keys() == {LEASE, CONTRACT, TENANT} and found["of"] == 3
    assert (rows[LEASE]["before"]["status"], rows[LEASE]["status"]) == ("divergent", "agreeing")
    assert (rows[LEASE]["before"]["outcome"], rows[LEASE]["outcome"]) == ("mixed", "not held against facts")
    assert rows[TENANT]["before"]["answers"]["teacher"] == ["B"] and rows[TENANT]["answers"]["teacher"] == ["A"]
    assert int(found["rows"][0]["id"]) == LEASE  # on it most changed


def test_each_kind_of_change_is_counted_and_leads_to_its_rows(stores: tuple[Store, Store]) -> None:
    facets = {facet["name"]: dict(facet["values"]) for facet in page(stores)["facets"]}
    assert facets["changed"] == {
        "verdict": 3, "curriculum": 3, "status": 1, "teacher's answer": 1, "student's answer": 1,
    }  # fmt: skip
    assert facets["status_was"] == {"divergent → agreeing": 1}
    assert facets["verdict_was"]["passed → contradicted"] == 1
    assert facets["curriculum_was"] == {"gives chains → gives no chain": 2, "gives no chain → gives chains": 1}
    found = page(stores, verdict_was=["passed → contradicted"])
    assert [int(row["id"]) for row in found["rows"]] == [CONTRACT]
    assert page(stores, changed=["teacher's answer"])["total"] == 1


def test_a_run_has_not_changed_from_itself(stores: tuple[Store, Store]) -> None:
    found = Comparison(stores[0], stores[0]).page(Chosen(), None, 50)
    assert found["counts"]["changed"] == found["total"] == 0 and found["rows"] == []


def test_a_run_without_verdicts_can_be_compared(stores: tuple[Store, Store], tmp_path: Path) -> None:
    early = write_run(tmp_path / "early", until="cases")
    build(early)
    found = Comparison(stores[1], Store(place_of(early))).page(Chosen(), None, 50)
    verdicts = {facet["name"]: dict(facet["values"]) for facet in found["facets"]}["verdict_was"]
    assert verdicts["none → mixed"] == 1 and "→ none" not in " ".join(verdicts)


def test_it_is_served_in_parts_and_in_both_directions(runs: Any) -> None:
    with TestClient(application(Runs(runs), TOKEN), base_url="http://127.0.0.1:7474") as client:
        first = get(client, "after/1/compare?with=before&wround=1&limit=2")
        after = first["rows"][-1]["id"]
        rest = get(client, f"after/1/compare?with=before&wround=1&limit=2&after={after}")
        assert first["total"] == 3 and len(first["rows"]) == 2 and len(rest["rows"]) == 1
        turned = get(client, "before/1/compare?with=after&wround=1")
        assert turned["counts"]["only_here"] == 1 and turned["total"] == 3
        assert get(client, "after/1/compare?with=before&q=landlord")["total"] == 1
        for asked in ("with=nobody", "with=before&wround=9", "with=before&wround=x", ""):
            get(client, f"after/1/compare?{asked}", 404)
