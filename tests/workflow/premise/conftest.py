"""The command, called on a small file of questions with scripted models."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dgrc.cli import main
from dgrc.config.file import dump_config
from tests.pipeline.conftest import scripted_config, write_questions


@pytest.fixture
def called(tmp_path: Path) -> Callable[..., Result]:
    def call(count: int, label: Callable[[int], str | None], *options: str) -> Result:
        config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", count, label), "real")
        (tmp_path / "config.yaml").write_text(dump_config(config))
        return CliRunner().invoke(main, ["premise", str(tmp_path / "config.yaml"), *options])

    return call
