"""Scripted engines for `benchmarks.chaos`: replies that follow from the request alone, and notes of what was served.

A reply takes 0.1 to 0.4 s, also by the request, so that something is always in flight. Each process notes in a file of
its own when it begins and ends a request: what was under way at a fault, and what was served twice, is read from there.
One question is poison: the student dies of it, every time. Where a file `hang` lies, whoever takes it never replies.
Segments of the journal are full early, so that they come and go in a run as short as these.
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from dgrc.engines import journal
from dgrc.engines.base import Request, request_key
from tests import scripts

journal.FULL_BYTES = 10_000

NOTES = "DGRC_CHAOS_NOTES"
"""Environment variable: the folder of the notes."""
POISON = 13
"""The number of the question that kills the student's engine."""
LATENCY_S = (0.1, 0.4)
STEPS = {"what is": "answer", "check .": "verify"}


async def teacher(request: Request) -> list[str]:
    """Samples, diagnoses, answers and verifies."""
    return await _noted(scripts.teacher, "teacher", request)


async def student(request: Request) -> list[str]:
    """Samples; breaks the engine at one question."""
    if f"case {POISON} ." in request.messages[-1]["content"]:
        raise RuntimeError("a prompt that kills the engine")
    return await _noted(scripts.student, "student", request)


async def _noted(reply: Callable[[Request], list[str]], role: str, request: Request) -> list[str]:
    key = request_key(role, request)
    texts = reply(request)
    line = f"{_pass(request)} {key} {sum(len(text.split()) for text in texts)}"
    _note("begin", line)
    if _hangs():
        await asyncio.Event().wait()
    shortest, longest = LATENCY_S
    await asyncio.sleep(shortest + (longest - shortest) * (key % 1000) / 1000)
    _note("end", line)
    return texts


def _pass(request: Request) -> str:
    """The pass that asks such a thing."""
    return STEPS.get(request.messages[-1]["content"][:7], "gather")


def _note(what: str, line: str) -> None:
    """One whole line at once: a kill tears none."""
    with open(Path(os.environ[NOTES]) / str(os.getpid()), "ab", buffering=0) as file:
        file.write(f"{what} {line} {time.time()}\n".encode())


def _hangs() -> bool:
    try:
        (Path(os.environ[NOTES]) / "hang").unlink()
    except FileNotFoundError:
        return False
    return True
