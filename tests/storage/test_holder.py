"""Who holds a run: the process that took it, and none that came later to its number."""

import dataclasses
import datetime
import os
import platform
from pathlib import Path

import pytest

from dgrc.storage.holder import HOLDER, Holder, read_holder, write_holder


def test_a_holder_lives_as_long_as_its_process_and_a_later_one_of_its_number_is_another(tmp_path: Path) -> None:
    write_holder(tmp_path)
    me = read_holder(tmp_path)
    assert me is not None and (me.pid, me.host, me.lives) == (os.getpid(), platform.node(), True)
    last_year = datetime.datetime.now(tz=datetime.UTC) - datetime.timedelta(days=365)
    assert dataclasses.replace(me, since=f"{last_year:%Y-%m-%d %H:%M:%S} UTC").lives is False
    assert dataclasses.replace(me, host="elsewhere").lives is None
    assert dataclasses.replace(me, pid=2**22 + 9).lives is False


@pytest.mark.parametrize("said", ["", "[]", '{"pid": "x", "host": "h", "since": "s"}', '{"pid": 7}'])
def test_a_holder_that_cannot_be_read_is_none(tmp_path: Path, said: str) -> None:
    (tmp_path / HOLDER).write_text(said)
    assert read_holder(tmp_path) is None
    assert read_holder(tmp_path / "gone") is None


def test_a_time_that_is_none_is_nobody_that_lives() -> None:
    assert Holder(os.getpid(), platform.node(), "yesterday").lives is False
