"""The examples of one optimizer step in, equal numbers of micro-batches for every worker out.

Best fit: the longest example first, each into the fullest row that still holds it, so that no example
is ever cut. In a row, position ids restart at each example; by them transformers keeps examples apart,
in each layer by the mask of that layer (one mask from us would do away with sliding windows), so that
every example is computed as if it stood alone. Models that do not keep them apart get one example a row
(`model.probe` finds out). All workers compute the same plan and take their own rows of it; a worker left
without rows computes one of padding, because in DeepSpeed all workers must take part in every forward
and backward.
"""

import bisect
import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from dgrc.training.data.encode import Corpus

IGNORED = -100
"""The label of positions without loss (torch's own convention)."""

Layout = Literal["rows", "flat", "alone"]
"""How examples lie in a micro-batch: several in a `rows` of equal length, kept apart by their positions; all end to end
in one `flat` row, kept apart by their lengths, as kernels for flash attention, linear attention and convolutions take
them; or one `alone` in each row."""

Row = list[int]
"""The examples of one packed row, by index in the corpus."""


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """Packed rows as tensors: R rows of L positions.

    `input_ids`, `position_ids` and `labels` are int64 [R, L]; `labels[r, t]` is the token that position
    t has to predict. Of a `flat` layout `lengths` says where examples begin, in transformers' words (`cu_seq_lens_q`,
    `seq_idx` and so on).
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    labels: torch.Tensor
    lengths: dict[str, Any] = dataclasses.field(default_factory=dict)

    def to(self, device: torch.device) -> "MicroBatch":
        """The same on another device."""
        lengths = {key: v.to(device) if isinstance(v, torch.Tensor) else v for key, v in self.lengths.items()}
        ids, positions, labels = self.input_ids.to(device), self.position_ids.to(device), self.labels.to(device)
        return MicroBatch(ids, positions, labels, lengths)

    @property
    def inputs(self) -> dict[str, Any]:
        """What a model's forward is given."""
        return {
            "input_ids": self.input_ids, "position_ids": self.position_ids, "use_cache": False, **self.lengths
        }  # fmt: skip


def pack(lengths: Sequence[int], capacity: int) -> list[Row]:
    """Best-fit decreasing: rows of at most `capacity` tokens that hold every index of `lengths` once."""
    assert max(lengths, default=0) <= capacity, "no example is cut"
    rows: list[Row] = []
    room: list[tuple[int, int]] = []  # (free tokens, row), sorted, so that the tightest fit is found by bisection
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        at = bisect.bisect_left(room, (lengths[index], -1))
        if at == len(room):
            rows.append([])
            free, row = capacity, len(rows) - 1
        else:
            free, row = room.pop(at)
        rows[row].append(index)
        bisect.insort(room, (free - lengths[index], row))
    return rows


def share_rows(
    corpus: Corpus, visits: Sequence[int], *, tokens_per_batch: int, workers: int, packed: bool = True
) -> list[list[list[Row]]]:
    """The step's rows as `[worker][micro-batch]`, the same number of micro-batches for each worker. If they are not
    `packed`, a row is one example.

    A row is as long as the step's longest example: attention computes a row's whole square, so longer rows would
    only add masked work (rows of 512 tokens took 2.3 times the CPU time of rows of 72 for examples of 58). A
    micro-batch has the tokens of `tokens_per_batch`, at least one row. Rows go to the workers longest first and in
    turn, forth and back, so that all compute about as many tokens.
    """
    lengths = [corpus.length(v) for v in visits]
    capacity = max(lengths)
    rows_per_batch = max(1, tokens_per_batch // capacity)
    rows = [[visits[i] for i in row] for row in pack(lengths, capacity)] if packed else [[v] for v in visits]
    rows.sort(key=lambda row: -sum(corpus.length(v) for v in row))
    turns = itertools.cycle([*range(workers), *reversed(range(workers))])
    shares: list[list[Row]] = [[] for _ in range(workers)]
    for row, worker in zip(rows, turns, strict=False):
        shares[worker].append(row)
    batches = -(-max(map(len, shares)) // rows_per_batch)
    return [[share[b * rows_per_batch : (b + 1) * rows_per_batch] for b in range(batches)] for share in shares]


def collate(corpus: Corpus, rows: Sequence[Row], layout: Layout = "rows") -> MicroBatch:
    """Rows as tensors, padded to the longest of them, or end to end if they are to lie `flat`; no rows give one
    position of padding."""
    if layout == "flat":
        return _flat(corpus, [example for row in rows for example in row])
    length = max((sum(corpus.length(v) for v in row) for row in rows), default=1)
    shape = (max(len(rows), 1), length)
    ids, positions, labels = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.full(shape, IGNORED, np.int64)
    for r, row in enumerate(rows):
        at = 0
        for example in row:
            tokens, loss = corpus.slice(example)
            part = slice(at, at + len(tokens))
            ids[r, part], positions[r, part] = tokens, np.arange(len(tokens))
            labels[r, at : at + len(tokens) - 1] = np.where(loss[1:], tokens[1:], IGNORED)
            at += len(tokens)
        positions[r, at:] = np.arange(length - at)
    if all(len(row) <= 1 for row in rows):
        # One example a row: counting on into the padding keeps it one sequence, and no example looks ahead.
        positions[:] = np.arange(length)
    return MicroBatch(torch.from_numpy(ids), torch.from_numpy(positions), torch.from_numpy(labels))


def _flat(corpus: Corpus, examples: Sequence[int]) -> MicroBatch:
    parts = [corpus.slice(example) for example in examples] or [(np.zeros(1, np.int32), np.zeros(1, np.bool_))]
    labels = [np.append(np.where(loss[1:], tokens[1:], IGNORED), IGNORED) for tokens, loss in parts]
    sizes = [len(tokens) for tokens, _ in parts]
    edges = torch.from_numpy(np.cumsum([0, *sizes], dtype=np.int32))
    ids, positions, targets = (
        torch.from_numpy(np.concatenate(arrays).astype(np.int64))[None]
        for arrays in ([tokens for tokens, _ in parts], [np.arange(size) for size in sizes], labels)
    )
    longest = max(sizes)
    lengths = {"cu_seq_lens_q": edges, "cu_seq_lens_k": edges, "max_length_q": longest, "max_length_k": longest}
    lengths["seq_idx"] = torch.from_numpy(np.repeat(np.arange(len(sizes), dtype=np.int32), sizes))[None]
    return MicroBatch(ids, positions, targets, lengths)


def loss_tokens(corpus: Corpus, visits: Sequence[int]) -> int:
    """Tokens with loss among the visits, by which a step's loss is averaged."""
    return sum(int(corpus.slice(v)[1][1:].sum()) for v in visits)
