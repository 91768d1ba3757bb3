"""The shuffle drops what one pass over all items in order would drop, however it is cut into parts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dgrc.corpus import near_duplicates
from dgrc.corpus.minhash import BANDS, PERMUTATIONS, band_keys, sketches
from dgrc.corpus.near_duplicates import KeyWriter, drop_repeats
from dgrc.questions.shingles import mixed

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
Items = list[list[tuple[int, int]]]
"""By shard: each item's two keys."""


@pytest.fixture(autouse=True)
def in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def spread(work: Callable[..., Any], calls: Iterable[tuple[Any, ...]], shared: Any) -> Iterator[Any]:
        return (work(*call, shared) for call in calls)

    monkeypatch.setattr(near_duplicates, "spread", spread)


def close(folders: Sequence[Path], earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Items are alike if their rows are: what candidates are and what matches differs."""
    return (earlier & near_duplicates.ROW) % 3 == (later & near_duplicates.ROW) % 3


def written(folder: Path, shards: Items) -> list[Path]:
    folders = [folder / f"shard-{number}" for number in range(len(shards))]
    for number, (path, items) in enumerate(zip(folders, shards, strict=True)):
        path.mkdir(parents=True)
        writer = KeyWriter(path, number)
        for item in items:
            writer.add(mixed(np.array([item], np.uint64)))
        writer.close()
    return folders


def by_hand(shards: Items) -> list[dict[int, tuple[int, int]]]:
    kept: list[tuple[int, int, set[int]]] = []
    dropped: list[dict[int, tuple[int, int]]] = [{} for _ in shards]
    for shard, items in enumerate(shards):
        for row, keys in enumerate(items):
            twin = next((k[:2] for k in kept if k[2] & {*keys} and k[1] % 3 == row % 3), None)
            if twin is None:
                kept.append((shard, row, {*keys}))
            else:
                dropped[shard][row] = twin
    return dropped


KEYS = st.tuples(st.integers(0, 5), st.integers(0, 5))
SHARDS = st.lists(st.lists(KEYS, max_size=4), min_size=1, max_size=3)


@SHARED
@given(SHARDS, st.sampled_from([1, 3, 99]), st.sampled_from([1, 99]))
def test_an_item_is_dropped_for_the_first_kept_one_that_it_matches(
    tmp_path_factory: pytest.TempPathFactory, shards: Items, keys_at_once: int, at_once: int
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "KEYS_AT_ONCE", keys_at_once)
        patch.setattr(near_duplicates, "HEADS", 99)
        for name in ("RUN_ITEMS", "PAIRS_AT_ONCE", "ITEMS_AT_ONCE"):
            patch.setattr(near_duplicates, name, at_once)
        folders = written(folder, shards)
        found = list(drop_repeats(folders, [len(items) for items in shards], folder / "work", close, keys_an_item=2))
    assert [{int(row): (int(twin) >> 32, int(twin) & 0xFFFFFFFF) for row, twin in rows.T} for rows in found] == by_hand(
        shards
    )


def test_of_many_that_share_a_key_one_stays_and_the_pairs_stay_few(tmp_path: Path) -> None:
    looked_at = 0

    def alike(folders: Sequence[Path], earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        nonlocal looked_at
        looked_at += len(earlier)
        return np.ones(len(earlier), np.bool_)

    folders = written(tmp_path, [[(1, 1)] * 500, [(1, 1)] * 500])
    first, second = drop_repeats(folders, [500, 500], tmp_path / "work", alike, keys_an_item=2)
    assert (first.shape[1], second.shape[1]) == (499, 500) and set(second[1].tolist()) == {0}
    assert looked_at <= near_duplicates.HEADS * 1000


def test_a_part_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    folders = written(tmp_path, [[(1, 2), (3, 4)], [(1, 9), (9, 9), (3, 3)]])
    (tmp_path / "work").mkdir()

    def asked(*_: Any) -> np.ndarray:
        raise AssertionError

    first = list(drop_repeats(folders, [2, 3], tmp_path / "work", close, keys_an_item=2))
    again = list(drop_repeats(folders, [2, 3], tmp_path / "work", asked, keys_an_item=2))
    assert [rows.tolist() for rows in first] == [rows.tolist() for rows in again] == [[[], []], [[0], [0]]]


def test_sketches_estimate_overlap_and_bands_meet_where_it_is_high() -> None:
    rng = np.random.default_rng(0)
    near, far = 0, 0
    for _ in range(40):
        one = rng.integers(0, 2**63, 400).astype(np.uint64)
        other = one.copy()
        other[:22] = rng.integers(0, 2**63, 22)  # 378 of 422 are shared: 0.896
        third = np.concatenate([one[:100], rng.integers(0, 2**63, 300).astype(np.uint64)])  # 100 of 700: 0.143
        sketch = sketches(np.concatenate([one, other, third]), np.array([0, 400, 800, 1200]))
        assert sketch.shape == (3, PERMUTATIONS)
        assert abs((sketch[0] == sketch[1]).mean() - 0.896) < 0.12
        keys = band_keys(sketch)
        assert keys.shape == (3, BANDS) and len(np.unique(keys[0])) == BANDS
        near += bool((keys[0] == keys[1]).any())
        far += bool((keys[0] == keys[2]).any())
    assert near == 40 and far <= 4
