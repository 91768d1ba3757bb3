import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dgrc.training.data.packing import IGNORED, collate, loss_tokens, pack, share_rows
from tests.training.builders import make_corpus, make_model

lengths = st.lists(st.integers(2, 30), min_size=1, max_size=40)


@given(lengths, st.integers(30, 64))
def test_nothing_is_lost_cut_or_packed_twice(sizes: list[int], capacity: int) -> None:
    rows = pack(sizes, capacity)
    assert sorted(i for row in rows for i in row) == list(range(len(sizes)))
    assert all(0 < sum(sizes[i] for i in row) <= capacity for row in rows)


@given(lengths, st.integers(30, 64))
def test_rows_are_filled(sizes: list[int], capacity: int) -> None:
    """No two rows would fit into one: this is what best fit promises and first-come packing would not."""
    fills = sorted(sum(sizes[i] for i in row) for row in pack(sizes, capacity))
    assert len(fills) < 2 or fills[0] + fills[1] > capacity


def test_best_fit_takes_the_tightest_row() -> None:
    assert pack([5, 6, 4, 5], 10) == [[1, 2], [0, 3]]
    assert pack([8, 5, 2, 5], 10) == [[0, 2], [1, 3]]


@given(lengths, st.integers(1, 5), st.integers(1, 200))
def test_workers_share_every_visit_in_equally_many_batches(sizes: list[int], workers: int, tokens: int) -> None:
    corpus = make_corpus(sizes)
    visits = [*range(len(sizes)), *range(0, len(sizes), 2)]  # a step may visit an example twice
    shares = share_rows(corpus, visits, tokens_per_batch=tokens, workers=workers)
    assert len(shares) == workers and len({len(batches) for batches in shares}) == 1
    sizes_of_batches = [collate(corpus, batch).input_ids.numel() for batches in shares for batch in batches]
    assert max(sizes_of_batches) <= max(tokens, max(sizes))
    assert sorted(v for batches in shares for batch in batches for row in batch for v in row) == sorted(visits)


@given(lengths, st.integers(1, 3))
def test_unpacked_rows_hold_one_example_each(sizes: list[int], workers: int) -> None:
    shares = share_rows(make_corpus(sizes), range(len(sizes)), tokens_per_batch=64, workers=workers, packed=False)
    rows = [row for batches in shares for batch in batches for row in batch]
    assert sorted(rows) == [[example] for example in range(len(sizes))]
    assert len({len(batches) for batches in shares}) == 1


def test_work_is_shared_evenly() -> None:
    corpus = make_corpus([30] * 16)
    shares = share_rows(corpus, range(16), tokens_per_batch=4096, workers=4)
    assert [sum(len(row) for batch in batches for row in batch) for batches in shares] == [4, 4, 4, 4]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(2, 12), min_size=1, max_size=9), st.integers(12, 40), st.integers(0, 9))
def test_packed_logits_equal_those_of_each_example_alone(sizes: list[int], capacity: int, seed: int) -> None:
    corpus = make_corpus(sizes, seed=seed)
    model = make_model().eval()
    rows = pack(sizes, capacity)
    batch = collate(corpus, rows)
    with torch.no_grad():
        packed = model(**batch.inputs).logits
        for r, row in enumerate(rows):
            at = 0
            for example in row:
                tokens = torch.from_numpy(corpus.slice(example)[0].astype(np.int64))[None]
                alone = model(input_ids=tokens, use_cache=False).logits[0]
                torch.testing.assert_close(packed[r, at : at + len(alone)], alone, atol=1e-5, rtol=1e-5)
                at += len(alone)


def test_labels_are_the_next_learned_token_of_the_same_example() -> None:
    corpus = make_corpus([4, 6])
    (first, _), (second, _) = corpus.slice(0), corpus.slice(1)
    batch = collate(corpus, [[0, 1]])
    expected = [IGNORED, *first[2:], IGNORED, IGNORED, IGNORED, *second[3:], IGNORED]
    assert batch.labels[0].tolist() == expected
    assert batch.position_ids[0].tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5]
    assert loss_tokens(corpus, [0, 1, 0]) == 2 + 3 + 2


def test_a_worker_without_rows_gets_padding_without_loss() -> None:
    batch = collate(make_corpus([4]), [])
    assert batch.input_ids.shape == (1, 1) and (batch.labels == IGNORED).all()


@pytest.mark.parametrize("rows", [[[0], [1]], [[0, 1]], [[0, 1], [2]]])
def test_every_learned_token_is_a_label_once(rows: list[list[int]]) -> None:
    corpus = make_corpus([5, 9, 7])
    batch = collate(corpus, rows)
    visits = [v for row in rows for v in row]
    assert int((batch.labels != IGNORED).sum()) == loss_tokens(corpus, visits)


@given(lengths, st.integers(30, 64))
def test_a_flat_row_says_the_same_as_rows_of_equal_length(sizes: list[int], capacity: int) -> None:
    """What kernels are given: every example's tokens, places and labels as in rows, and where each ends."""
    corpus = make_corpus(sizes)
    rows = pack(sizes, capacity)
    flat, masked = collate(corpus, rows, layout="flat"), collate(corpus, rows)
    assert flat.input_ids.shape == (1, sum(sizes))
    edges = flat.lengths["cu_seq_lens_q"].tolist()
    assert edges == flat.lengths["cu_seq_lens_k"].tolist()
    assert flat.lengths["max_length_q"] == flat.lengths["max_length_k"] == max(sizes)
    order = [(r, example) for r, row in enumerate(rows) for example in row]
    whose = [n for n, (begin, end) in enumerate(itertools.pairwise(edges)) for _ in range(begin, end)]
    assert flat.lengths["seq_idx"][0].tolist() == whose
    assert [b - a for a, b in itertools.pairwise(edges)] == [sizes[example] for _, example in order]
    starts = {r: np.cumsum([0, *(sizes[e] for e in row)]).tolist() for r, row in enumerate(rows)}
    for n, (r, example) in enumerate(order):
        here, there = slice(edges[n], edges[n + 1]), starts[r][rows[r].index(example)]
        for name in ("input_ids", "labels"):
            expected = getattr(masked, name)[r, there : there + sizes[example]]
            assert getattr(flat, name)[0, here].tolist() == expected.tolist()
        assert flat.position_ids[0, here].tolist() == list(range(sizes[example]))


def test_no_rows_laid_out_are_one_token_without_loss() -> None:
    batch = collate(make_corpus([4]), [], layout="flat")
    assert batch.labels.tolist() == [[IGNORED]] and batch.lengths["cu_seq_lens_q"].tolist() == [0, 1]
