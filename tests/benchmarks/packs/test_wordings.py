"""Overlays over shipped packs: they change the steps that they word, and cannot be misspelled unseen."""

from pathlib import Path

import pytest

from benchmarks.packs.wordings import HERE, SHIPPED, STEPS, wordings_of
from dgrc.errors import PromptPackError
from dgrc.method.echo import is_echo


def test_an_overlay_changes_the_steps_that_it_words_and_no_other(tmp_path: Path) -> None:
    shipped, plain, medical = wordings_of(["general", "medical"], [HERE / "plain"], tmp_path)
    assert (shipped.name, plain.name, medical.pack_name, medical.name) == (SHIPPED, "plain", "medical", SHIPPED)
    assert plain.steps == ("sample", "diagnose", "answer", "verify") and shipped.steps == STEPS
    for step, variables in {"answer": {"atom": "a"}, "judge": {"atom": "a", "answer": "b", "rationale": "c"}}.items():
        system, user = plain.pack.messages(step, **variables)
        before = shipped.pack.messages(step, **variables)
        assert [system["content"].strip() == before[0]["content"].strip(), user == before[1]] == [step == "judge"] * 2
    assert plain.pack.digest() != shipped.pack.digest() and plain.pack.schemas == shipped.pack.schemas
    assert is_echo(plain.pack, "A small question is one calculation or one fact")


def test_every_wording_that_comes_along_can_be_read(tmp_path: Path) -> None:
    names = {wording.name for wording in wordings_of(["general"], [], tmp_path)}
    assert names == {SHIPPED, *(path.name for path in HERE.iterdir())}


def test_wordings_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptPackError, match="no prompt pack `generall`"):
        wordings_of(["generall"], [], tmp_path)
    with pytest.raises(PromptPackError, match="is no folder"):
        wordings_of(["general"], [tmp_path / "none"], tmp_path)
    (tmp_path / "mine" / "general").mkdir(parents=True)
    with pytest.raises(PromptPackError, match=r"no template for general.*diagnose\.jinja"):
        wordings_of(["general"], [tmp_path / "mine"], tmp_path)
    (tmp_path / "mine" / "general" / "answer.jinja").write_text("{{ atom }}{{ rationale }}")
    with pytest.raises(PromptPackError, match="uses rationale"):
        wordings_of(["general"], [tmp_path / "mine"], tmp_path)
    (tmp_path / "mine" / "general" / "anser.jinja").write_text("{{ atom }}")
    with pytest.raises(PromptPackError, match=r"anser\.jinja, which no measured step reads"):
        wordings_of(["general"], [tmp_path / "mine"], tmp_path)
