"""Libraries that a plain installation leaves out: who needs which, and what is said when one is not there."""

from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.errors import ExtraError
from dgrc.runtime import extras

API = {"engine": "openai_api", "model": "m", "api": {"base_url": "http://h/v1"}}
HERE = {"model": "org/m"}
WHOLE = ("curate", "train", "evaluate")


def needed(parts: tuple[str, ...], **settings: Any) -> dict[str, tuple[str, ...]]:
    return {need.what: need.libraries for need in extras.needs(make_config(settings), parts)}


def test_asking_servers_needs_nothing() -> None:
    assert needed(("questions", "curate"), teacher=API, student=API) == {}


def test_engines_that_run_here_need_vllm_and_training_needs_torch() -> None:
    everything = needed(WHOLE, teacher=API, student=HERE)
    assert everything["`student.engine: vllm`"] == ("vllm", "transformers")
    assert {"torch", "deepspeed", "peft"} <= set(everything["Training"])
    assert not any("teacher" in what for what in everything)
    assert "`student.engine: vllm`" not in needed(("train",), teacher=HERE, student=HERE)


def test_of_a_part_only_its_own_models_count() -> None:
    assert list(needed(("questions",), teacher=HERE, student=HERE)) == ["`teacher.engine: vllm`"]
    scored = needed(("evaluate",), teacher=HERE, student=API, evaluation={"teacher": False})
    assert list(scored) == ["Evaluating a student"]


def test_documents_that_are_pdf_need_their_extra() -> None:
    written = {"teacher": API, "student": API, "corpus": {"files": ["law/*.txt", "law/*.PDF"]}}
    assert needed(("questions",), **written) == {"Reading PDF files": ("pypdf",)}
    assert needed(("curate",), **written) == {}


def test_models_of_the_proving_world_are_made_with_torch() -> None:
    made = needed(("curate",), teacher={"model": "proving:teacher"}, student=API)
    assert "torch" in made["Making the model proving:teacher"]


def test_of_a_joined_cluster_only_what_this_process_loads_is_asked() -> None:
    joined = needed(WHOLE, teacher=HERE, student=HERE, ray={"address": "auto"})
    assert set().union(*joined.values()) == {"transformers", "torch"}


def test_a_missing_library_is_named_with_its_extra_and_what_to_type() -> None:
    need = extras.Need("`dgrc export`", "train", ("json", "no_such_library_anywhere"))
    with pytest.raises(ExtraError, match=r"^`dgrc export` needs no_such_library_anywhere, .*install 'dgrc\[train\]'"):
        need.check()
    assert "make env" not in str(need.missing())
    assert extras.Need("x", "train", ("json", "click")).missing() is None
    assert not extras.installed("json.no_such_module")
