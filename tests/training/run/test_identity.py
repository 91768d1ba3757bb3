"""What names a training, so that it finds its checkpoints again: content, and neither times nor today's date."""

import datetime
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import transformers.utils.chat_template_utils as their_templates

from dgrc.config.training import TrainingConfig
from dgrc.training.data.inputs import load_tokenizer
from dgrc.training.run.course import Planned, plan_course
from dgrc.training.run.launch import _fingerprint
from tests.training.builders import PLAIN
from tests.training.run.curriculum import Curriculum, config

DATED = "{% if strftime_now is defined %}<|system|> {{ strftime_now('w%d') }} <|end|>{% endif %}"


def name(curriculum: Curriculum, own: TrainingConfig, base: str) -> str:
    planned: list[Planned] = [plan_course(own, curriculum.course("student"), load_tokenizer(base), 5, None)]
    return _fingerprint(own, base, planned, 5, curriculum.folder / ".hashes.json")


def test_a_base_model_that_was_copied_again_is_the_same(curriculum: Curriculum) -> None:
    base = Path(curriculum.base_model)
    first = name(curriculum, config(), str(base))
    shutil.move(base, base.with_name("gone"))
    shutil.copytree(base.with_name("gone"), base, copy_function=shutil.copyfile)
    os.utime(base / "model.safetensors", (1, 1))
    assert name(curriculum, config(), str(base)) == first
    moved = shutil.copytree(base, base.with_name("moved"))
    assert name(curriculum, config(), str(moved)) == first, "on another disk too"
    weights = bytearray((moved / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (moved / "model.safetensors").write_bytes(weights)
    assert name(curriculum, config(), str(moved)) != first
    assert name(curriculum, config(max_grad_norm=0.5), str(base)) != first


def test_a_template_that_writes_the_date_begins_nothing_anew(
    curriculum: Curriculum, monkeypatch: pytest.MonkeyPatch
) -> None:
    (Path(curriculum.base_model) / "chat_template.jinja").write_text(DATED + PLAIN)
    names = set[str]()
    for day in (28, 29):

        class Clock(datetime.datetime):
            @classmethod
            def now(cls, tz: Any = None, of: int = day) -> Any:
                return datetime.datetime(2026, 11, of)

        monkeypatch.setattr(their_templates, "datetime", Clock)
        names.add(name(curriculum, config(), curriculum.base_model))
    assert len(names) == 1
