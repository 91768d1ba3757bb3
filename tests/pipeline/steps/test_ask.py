"""Asking engines: journal first, every token written down, counters sent on."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dgrc.config import Price, Sampling
from dgrc.engines.base import Completion, Order, Request, Sample, failed
from dgrc.engines.journal import Journal, Segment
from dgrc.pipeline.progress import line
from dgrc.pipeline.steps import ask as module
from dgrc.pipeline.steps.ask import Caller, merge
from dgrc.records import Usage

Written = Callable[[], Completion | None]
ASK = ({"role": "user", "content": "which court ?"},)


class Client:
    """Stands where a pool's client would: replies in order, remembers what it was asked."""

    def __init__(self, *replies: Completion, model: str = "m", price: Price | None = None):
        self.role, self.model, self.price = "teacher", model, price
        self.asked: list[Request] = []
        self.dies = False
        self._replies = list(replies)

    async def owed(self) -> dict[Order, int]:
        return {}

    async def generate(self, request: Request, sibling: int, order: Order, written: Written) -> Completion:
        """Journals as a replica does; one that dies has written its reply down before, or has not."""
        self.asked.append(request)
        completion = self._replies.pop(0)
        Segment(order.journal).put(order.owner, order.key, completion)
        return (written() or failed("not found")) if self.dies else completion


class Board:
    """Stands where the progress actor would."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, int], dict[str, int]]] = []
        self.add = self

    def remote(self, deltas: dict[str, int], sender: str, in_flight: dict[str, int]) -> None:
        timeless = {name: count for name, count in deltas.items() if not name.startswith("sequence_ms/")}
        self.sent.append((timeless, in_flight))


def reply(*texts: str) -> Completion:
    return Completion(tuple(Sample(t, "stop", 10) for t in texts), prompt_tokens=7, cached_tokens=3)


def ask(client: Client, journal: Path, owner: int = 1, **kwargs: Any) -> tuple[Completion, Usage]:
    caller = Caller({"teacher": client}, Journal(journal), None)  # type: ignore[dict-item]
    sampling = kwargs.pop("sampling", Sampling(temperature=0.5, top_k=4, max_tokens=99))
    return asyncio.run(caller.ask("teacher", "sample", owner, ASK, sampling, **kwargs))


def test_a_request_carries_the_sampling_and_its_usage_comes_back(tmp_path: Path) -> None:
    client = Client(reply("a", "b"))
    completion, usage = ask(client, tmp_path, n=2, priority=5, schema="{}")
    assert completion == reply("a", "b")
    (request,) = client.asked
    assert request == Request(ASK, 2, 0.5, 1.0, 4, 99, 5, "{}")
    assert usage == Usage("teacher", "sample", 2, 7, 20, 3)


def test_what_was_paid_for_in_an_earlier_life_is_not_asked_again_but_counts(tmp_path: Path) -> None:
    first, usage = ask(Client(reply("a")), tmp_path)
    silent = Client()  # would fail if it were asked
    assert ask(silent, tmp_path) == (first, usage)
    assert ask(silent, tmp_path, priority=9) == (first, usage)


def test_the_journal_answers_for_its_row_model_and_request_alone(tmp_path: Path) -> None:
    ask(Client(reply("old")), tmp_path)
    for client, kwargs in (
        (Client(reply("new")), {"owner": 2}),
        (Client(reply("new"), model="other"), {}),
        (Client(reply("new")), {"n": 3}),
        (Client(reply("new")), {"sampling": Sampling(temperature=0.6)}),
    ):
        completion, _ = ask(client, tmp_path, **kwargs)
        assert completion.samples[0].text == "new"


def test_a_reply_that_a_replica_wrote_down_before_it_died_is_found(tmp_path: Path) -> None:
    client = Client(reply("a"))
    client.dies = True
    completion, _ = ask(client, tmp_path)
    assert completion == reply("a")


def test_what_was_written_before_it_was_known_who_owes_what_is_found(tmp_path: Path) -> None:
    first, _ = ask(Client(reply("a")), tmp_path / "as it will be")
    (segment,) = (tmp_path / "as it will be").glob("*.jsonl")

    class Late(Client):
        async def owed(self) -> dict[Order, int]:
            (tmp_path / segment.name).write_bytes(segment.read_bytes())
            return {}

    assert ask(Late(), tmp_path) == (first, Usage("teacher", "sample", 1, 7, 10, 3))


def test_a_refused_request_costs_nothing_and_is_a_completion(tmp_path: Path) -> None:
    completion, usage = ask(Client(failed("too_long: 9 tokens")), tmp_path)
    assert completion.error == "too_long: 9 tokens"
    assert usage == Usage("teacher", "sample", 1, 0, 0, 0)


def test_counters_reach_the_board_whole_whenever_they_are_sent(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "REPORT_EVERY_S", -1.0)
    board = Board()
    caller = Caller({"teacher": Client(reply("a"), reply("b", "c"))}, Journal(tmp_path), board)  # type: ignore[dict-item]
    for owner, n in ((1, 1), (2, 2)):
        asyncio.run(caller.ask("teacher", "sample", owner, ASK, Sampling(), n=n))
    caller.count(rows=2)
    assert board.sent == [
        ({}, {"teacher": 1}), (spent(1, 10), {"teacher": 0}),
        ({}, {"teacher": 1}), (spent(2, 20), {"teacher": 0}), ({"rows": 2}, {"teacher": 0}),
    ]  # fmt: skip


def spent(calls: int, tokens: int) -> dict[str, int]:
    """What one reply adds to the counters: in all, and of the role that was asked."""
    both = {"calls": calls, "tokens": tokens}
    return {**both, **{f"{name}/teacher": n for name, n in both.items()}, "read/teacher": 7, "cached/teacher": 3}


def test_money_is_counted_where_there_is_a_price(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "REPORT_EVERY_S", -1.0)
    board = Board()
    client = Client(reply("a"), price=Price(prompt=2.0, cached=1.0, completion=10.0))
    caller = Caller({"teacher": client}, Journal(tmp_path), board)  # type: ignore[dict-item]
    asyncio.run(caller.ask("teacher", "sample", 1, ASK, Sampling()))
    counts, _ = board.sent[-1]
    assert counts == {**spent(1, 10), "millionths": 4 * 2 + 3 * 1 + 10 * 10}
    assert "  0.00 in money" in line("gather", counts, 10, 1.0)
    assert "in money" not in line("gather", {"calls": 1}, 10, 1.0)


def test_between_reports_counters_add_up(tmp_path: Path, monkeypatch: Any) -> None:
    board = Board()
    monkeypatch.setattr(module, "REPORT_EVERY_S", 1e9)
    caller = Caller({}, Journal(tmp_path), board)
    caller.count(rows=1, row_ms=5)
    caller.count(rows=2)
    assert not board.sent
    monkeypatch.setattr(module, "REPORT_EVERY_S", -1.0)
    caller.count(row_ms=1)
    assert board.sent == [({"rows": 3, "row_ms": 6}, {})]


def test_usage_is_summed_by_role_and_step_in_order_of_appearance() -> None:
    merged = merge(
        [
            Usage("teacher", "sample", 3, 10, 20, 1),
            Usage("student", "sample", 3, 11, 21, 2),
            Usage("teacher", "diagnose", 1, 12, 22, 3),
            Usage("teacher", "diagnose", 1, 100, 200, 300),
        ]
    )
    assert merged == (
        Usage("teacher", "sample", 3, 10, 20, 1),
        Usage("student", "sample", 3, 11, 21, 2),
        Usage("teacher", "diagnose", 2, 112, 222, 303),
    )
    assert merge([]) == ()


def test_the_same_request_twice_at_once_for_one_row_is_bought_once(tmp_path: Path) -> None:
    client = Client(reply("a"), reply("b"))
    caller = Caller({"teacher": client}, Journal(tmp_path), None)  # type: ignore[dict-item]

    async def both(owners: tuple[int, int]) -> list[str]:
        asked = (caller.ask("teacher", "verify", owner, ASK, Sampling()) for owner in owners)
        return [completion.samples[0].text for completion, _ in await asyncio.gather(*asked)]

    assert asyncio.run(both((1, 1))) == ["a", "a"] and len(client.asked) == 1
    client._replies.append(reply("c"))
    assert sorted(asyncio.run(both((2, 3)))) == ["b", "c"], "rows do not share replies"
