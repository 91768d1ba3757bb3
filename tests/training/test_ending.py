"""A student stops where its turns end: its generation config says so, whatever its base model's did."""

import json
from pathlib import Path
from typing import Any

import pytest

from dgrc.training.export import write_student
from tests.chat.models import MODELS, Model, tokenizer_of

CHATML = MODELS[0]


def exported(model: Model, folder: Path, base: dict[str, Any], weights: dict[str, Any]) -> dict[str, Any]:
    """The generation config of a student over a base model, each given by its JSON files."""
    tokenizer: Any = tokenizer_of(model)
    (folder / "base").mkdir()
    tokenizer.save_pretrained(folder / "base")
    for name, files in (("base", {"config.json": {"model_type": "llama"}} | base), ("weights", weights)):
        (folder / name).mkdir(exist_ok=True)
        for file, content in files.items():
            (folder / name / file).write_text(json.dumps(content))
    write_student(str(folder / "weights"), str(folder / "base"), str(folder / "student"), {})
    path = folder / "student" / "generation_config.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}


CONFIG = {"config.json": {"model_type": "llama"}}
ADAPTER: dict[str, Any] = {"adapter_config.json": {}}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("weights", [CONFIG, ADAPTER], ids=["model", "adapter"])
def test_the_end_of_turns_is_added_to_what_the_base_model_stops_at(
    model: Model, weights: dict[str, Any], tmp_path: Path
) -> None:
    tokenizer: Any = tokenizer_of(model)
    end = tokenizer.convert_tokens_to_ids(model.end)
    found = exported(model, tmp_path, {"generation_config.json": {"eos_token_id": 7, "top_k": 5}}, weights)
    assert found == {"eos_token_id": list(dict.fromkeys([7, tokenizer.eos_token_id, end])), "top_k": 5}


def test_what_names_it_already_stays_as_it_is(tmp_path: Path) -> None:
    end: int = tokenizer_of(CHATML).convert_tokens_to_ids("<|im_end|>")  # type: ignore[attr-defined]
    for n, named in enumerate((end, [end, 3])):
        (tmp_path / str(n)).mkdir()
        found = exported(CHATML, tmp_path / str(n), {"generation_config.json": {"eos_token_id": named}}, CONFIG)
        assert found == {"eos_token_id": named}


@pytest.mark.parametrize("weights", [{"config.json": {"eos_token_id": 3, "pad_token_id": 4}}, ADAPTER])
def test_where_there_is_no_generation_config_the_models_own_is_what_it_begins_with(
    weights: dict[str, Any], tmp_path: Path
) -> None:
    tokenizer: Any = tokenizer_of(CHATML)
    base = {"config.json": {"model_type": "llama", "eos_token_id": 3, "pad_token_id": 4}}
    ends = [3, tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert exported(CHATML, tmp_path, base, weights) == {"eos_token_id": ends, "pad_token_id": 4}
