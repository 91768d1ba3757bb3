"""Scripted engines that say on which machine they speak: for tests of placement over several machines."""

import asyncio
import os
import socket

from dgrc.engines.base import Request
from tests import scripts

PLACES = "DGRC_TEST_PLACES"
"""Environment variable of the file, on storage that all machines share, which gets one line (role, machine) a reply."""


async def teacher(request: Request) -> list[str]:
    """The teacher of `tests.scripts`, at the pace of an engine that thinks."""
    return await _said("teacher", scripts.teacher(request))


async def student(request: Request) -> list[str]:
    """The student of `tests.scripts`."""
    return await _said("student", scripts.student(request))


async def _said(role: str, texts: list[str]) -> list[str]:
    await asyncio.sleep(0.2)
    line = f"{role} {socket.gethostname()}\n".encode()
    file = os.open(os.environ[PLACES], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line)
    finally:
        os.close(file)
    return texts
