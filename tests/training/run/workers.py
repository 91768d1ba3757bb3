"""Training workers without Ray: processes that share a gloo group, forked from one that has imported DeepSpeed."""

import multiprocessing
import os
import pickle
import tempfile
import traceback
from collections.abc import Callable, Sequence
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.training.run.preload"])


def on_workers(count: int, function: Callable[..., Any], *args: Any, timeout: float = 240) -> list[Any]:
    """What `function(*args)` returns on each of so many workers, in order of rank; raises if one of them failed."""
    with tempfile.TemporaryDirectory() as folder:
        queue = _CONTEXT.Queue()
        started = [
            _CONTEXT.Process(target=_work, args=(rank, count, folder, queue, function, args)) for rank in range(count)
        ]
        for process in started:
            process.start()
        try:
            answers = sorted((queue.get(timeout=timeout) for _ in started), key=lambda answer: answer[0])
        finally:
            for process in started:
                process.join(timeout=20)
                process.kill()
    failures = [problem for _, problem, _ in answers if problem]
    assert not failures, "\n".join(failures)
    return [pickle.loads(value) for *_, value in answers]


def each_on_workers(count: int, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """For each of several calls, one after the other in the same workers, what it returns on each of them.

    A worker trains several students in its life, and starting one takes longer than these trainings.
    """
    answers = on_workers(count, _each, function, calls, timeout=600)
    return [list(of_call) for of_call in zip(*answers, strict=True)]


def _each(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    return [function(*call) for call in calls]


def _work(rank: int, count: int, folder: str, queue: Any, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    import torch.distributed as dist

    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count)}
    log = os.open(os.path.join(folder, f"log-{rank}"), os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=count)
        queue.put((rank, "", pickle.dumps(function(*args))))  # bytes: torch would share memory that ends with us
    except Exception:  # noqa: BLE001 - whatever it is, the test is told
        queue.put((rank, traceback.format_exc(), b""))
    queue.close()
    queue.join_thread()
    os._exit(0)  # gloo's threads need no farewell
