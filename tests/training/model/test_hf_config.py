"""What transformers cannot make a model of is said in one sentence, wherever a base model is looked at."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dgrc.errors import TrainingError
from dgrc.storage.model_directory import model_problem
from dgrc.training.data.inputs import check_vocabulary, check_window
from dgrc.training.model.hf_config import config_of
from dgrc.training.plan.shapes import shape_of


@pytest.fixture
def unknown(tmp_path: Path) -> str:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "nonesuch", "architectures": ["LlamaForCausalLM"]}))
    return str(tmp_path)


@pytest.mark.parametrize(
    "look",
    [config_of, shape_of, lambda model: check_window(model, 10), lambda model: check_vocabulary(model, None, [1])],
    ids=["config", "plan", "window", "vocabulary"],
)
def test_a_model_of_no_known_type_is_refused_by_name(look: Callable[[str], Any], unknown: str) -> None:
    with pytest.raises(TrainingError, match=r"cannot make a model of the config.json of .*nonesuch"):
        look(unknown)


@pytest.mark.parametrize("config", [{"architectures": ["LlamaForCausalLM"]}, {"model_type": None}, {"model_type": 7}])
def test_a_config_without_a_type_is_a_problem_that_is_seen_without_transformers(
    config: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert "names no `model_type`" in (model_problem(tmp_path) or "")
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "llama"}))
    assert model_problem(tmp_path) is None
