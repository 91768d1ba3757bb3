"""Models and adapters that cannot be had, or not be run, are found before anything starts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dgrc.workflow.preflight import models
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.models import models_fit, stores_have
from tests.loopback import serving
from tests.workflow.preflight.builders import config, model

WHOLE = ("curate", "train", "evaluate")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    with serving("tests.workflow.preflight.hub") as url:
        yield url


def found(parts: tuple[str, ...] = WHOLE, **settings: Any) -> list[Finding]:
    return list(models_fit(config(**settings), parts))


def of_hub(name: str, monkeypatch: pytest.MonkeyPatch, url: str, offline: bool = False) -> Finding:
    from huggingface_hub import HfApi

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: HfApi(endpoint=url))
    (one,) = stores_have(config(teacher={"model": name}), ("curate",))
    return one


def test_a_directory_that_is_not_there_or_not_whole_is_named(here: Path) -> None:
    good = model(here / "good")
    assert found(teacher={"model": good}, student={"model": good}) == []
    (one,) = found(student={"model": "./absent"})
    assert one.stops and one.line.startswith("student.model: The model directory ./absent does not exist.")
    Path(good, "model.safetensors").unlink()
    (one,) = found(student={"model": good})
    assert "has no weights (*.safetensors)" in one.words
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    Path(good, "model.safetensors.index.json").write_text(json.dumps(index))
    Path(good, "model-1.safetensors").write_bytes(b"")
    (one,) = found(student={"model": good})
    assert "there is no model-2.safetensors, which its" in one.words


@pytest.mark.parametrize(
    ("script", "says"),
    [("tests.nowhere:teacher", "No module named 'tests.nowhere'"),
     ("tests.scripts:nobody", "has no attribute 'nobody'"), ("tests:__name__", "is a str, a function is wanted")],
)  # fmt: skip
def test_a_script_that_cannot_be_had_is_named(script: str, says: str) -> None:
    (one,) = found(("curate",), teacher={"engine": "scripted", "script": script})
    assert one.stops and one.setting == "teacher.script" and repr(script) in one.words and says in one.words
    elsewhere = {"address": "ray://cluster:10001"}
    assert found(("curate",), teacher={"engine": "scripted", "script": script}, ray=elsewhere) == []


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ("NoSuchForCausalLM", "neither in the registry of the installed vLLM nor in transformers"),
        ("BertModel", "does not write text"),
        ("QWenLMHeadModel", "does not run QWenLMHeadModel any more; 0."),
    ],
)
def test_an_architecture_that_vllm_does_not_run_is_found(here: Path, architecture: str, words: str) -> None:
    pytest.importorskip("vllm")
    odd = model(here / "odd", architecture)
    (one,) = found(student={"model": odd})
    assert one.stops and one.setting == "student.model" and words in one.words
    assert found(("curate",), teacher={"model": model(here / "of_transformers", "GPTNeoForCausalLM")}) == []


def test_a_model_that_embeds_may_be_an_embedder(here: Path) -> None:
    settings = {"embedder": {"engine": "embedding", "model": model(here / "e", "BertModel")}}
    assert found(("curate",), **settings) == []


def test_an_adapter_that_is_not_there_or_too_large_is_named(here: Path) -> None:
    good = model(here / "good")
    (one,) = found(student={"model": good, "adapter": "gone"})
    assert one.setting == "student.adapter" and "'gone' is no LoRA adapter" in one.words
    (here / "a").mkdir()
    (here / "a" / "adapter_config.json").write_text('{"r": 16}')
    assert found(student={"model": good, "adapter": "a"}) == []
    (one,) = found(student={"model": good, "adapter": "a", "max_lora_rank": 8})
    assert one.setting == "student.max_lora_rank" and "has rank 16" in one.words


def test_what_is_trained_must_have_weights_and_a_settings_file(here: Path) -> None:
    assert [one.setting for one in found(training={"deepspeed": "gone.json"})] == [
        "training.deepspeed",
        "student.engine",
    ]
    assert found(("curate",), training={"deepspeed": "gone.json"}) == []


@pytest.mark.parametrize(
    ("name", "words", "stops"),
    [
        ("org/there", "it would be downloaded (2.0 GiB)", False),
        ("org/gone", "the Hub has no such model", True),
        ("org/gated", "to those alone who were let in", True),
        ("org/pickled", "no weights in safetensors", True),
        ("org/broken", "the Hub answered 500", True),
    ],
)
def test_a_name_of_the_hub_is_asked_for_there(
    hub: str, monkeypatch: pytest.MonkeyPatch, name: str, words: str, stops: bool
) -> None:
    one = of_hub(name, monkeypatch, hub)
    assert one.setting == "teacher.model" and words in one.words and one.stops is stops


def test_a_hub_that_is_slow_is_told_apart_from_one_that_is_away(hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PATIENCE", (30.0, 0.5, 0.5, 0.5))
    one = of_hub("org/slow", monkeypatch, hub)
    assert one.stops and "the Hub took the connection and has not answered within" in one.words


def test_a_hub_that_is_away_or_not_to_be_asked_has_no_model(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = of_hub("org/there", monkeypatch, "http://127.0.0.1:1")
    assert one.stops and "the Hub cannot be reached" in one.words
    one = of_hub("org/there", monkeypatch, "http://127.0.0.1:1", offline=True)
    assert one.stops and "HF_HUB_OFFLINE" in one.words


def test_a_model_that_was_downloaded_is_not_asked_for(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "hub" / "hub" / "models--org--name").mkdir(parents=True)
    assert list(stores_have(config(teacher={"model": "org/name"}), ("curate",))) == []
    assert list(stores_have(config(teacher={"model": "proving:teacher"}), ("curate",))) == []
    snapshot = here / "hub" / "hub" / "models--org--odd" / "snapshots" / "abc"
    model(snapshot, "NoSuchForCausalLM")
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("abc")
    (one,) = found(("curate",), teacher={"model": "org/odd"})
    assert "NoSuchForCausalLM" in one.words
    (snapshot / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    (snapshot / "model.safetensors").unlink()
    assert found(("curate",), teacher={"model": "org/odd"}) == [], "a node that only planned has no weights; they come"
