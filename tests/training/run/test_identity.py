"""What names a training, so that it finds its checkpoints again: content, and neither times nor today's date."""

import dataclasses
import datetime
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import transformers.utils.chat_template_utils as their_templates

from dgrc.config.training import ReplayConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.records import Example
from dgrc.training.data.inputs import load_tokenizer
from dgrc.training.run.course import Planned, plan_course
from dgrc.training.run.launch import _fingerprint
from tests.training.builders import PLAIN, make_examples
from tests.training.curriculum import Curriculum, config

DATED = "{% if strftime_now is defined %}<|system|> {{ strftime_now('w%d') }} <|end|>{% endif %}"


def name(curriculum: Curriculum, own: TrainingConfig, base: str, replayed: Sequence[Example] = ()) -> str:
    course, tokenizer = curriculum.course("student"), load_tokenizer(base)
    planned: list[Planned] = [plan_course(own, course, tokenizer, 5, None, None, replayed)]
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


def test_what_is_replayed_names_a_training_and_the_names_of_its_files_do_not(curriculum: Curriculum) -> None:
    chats, base = make_examples("replayed", 20), curriculum.base_model
    own, elsewhere = (config(replay=ReplayConfig(files=(file,), share=0.2)) for file in ("a.jsonl", "b/*.parquet"))
    without, first = name(curriculum, config(), base), name(curriculum, own, base, chats)
    assert name(curriculum, config(replay=ReplayConfig()), base) == without != first
    assert name(curriculum, elsewhere, base, chats[::-1]) == first
    assert name(curriculum, own, base, make_examples("replayed", 20, seed=1)) != first


def test_replayed_examples_of_which_none_fits_are_refused(curriculum: Curriculum) -> None:
    own = config(replay=ReplayConfig(files=("a.jsonl",)))
    with pytest.raises(TrainingError, match=r"hold 3 examples, of which none that was drawn fits .*max_length` = 48"):
        name(curriculum, own, curriculum.base_model, make_examples("replayed", 3, longest=2000))


def test_a_course_of_its_own_replay_keeps_the_users_own(curriculum: Curriculum) -> None:
    own = config(replay=ReplayConfig(files=("a.jsonl",), share=0.2, earlier=0.3))
    course, tokenizer = curriculum.course("student"), load_tokenizer(curriculum.base_model)
    course = dataclasses.replace(course, replay=0.0)
    planned = plan_course(own, course, tokenizer, 5, None, None, make_examples("replayed", 20))
    atoms, chains = (stage.steps for stage in planned.stages)
    ours = len(planned.corpus) - planned.corpus.replayed
    assert sum(visit < planned.corpus.atoms for step in chains for visit in step) == 0
    assert sum(visit >= ours for step in chains for visit in step) == 8 and sum(map(len, chains)) == 40
    losses = [[1.0] * len(atoms), [1.0] * len(chains)]
    result = planned.result(losses, [])
    assert (result.replayed, result.own_examples) == (5 + 8, planned.corpus.replayed)
    figures = result.figures()
    assert result.curve() == {
        "losses": [1.0] * result.steps, "validation": (),
        "stages": tuple((stage.name, len(stage.steps)) for stage in planned.stages),
    }  # fmt: skip
    assert figures["replayed_visits"] == 13 and figures["replayed_examples"] == planned.corpus.replayed
    assert "; replayed: 13 of 20 chats, 20.0% of the visits" in planned.card(own)["curriculum"]
