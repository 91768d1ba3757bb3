"""Two vocabularies are no hindrance, and it is said where they are two."""

import json
from pathlib import Path
from typing import Any

from dgrc.config.file import make_config
from dgrc.evaluation.premise.vocabularies import different


def model(folder: Path, vocabulary: Any) -> str:
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    return str(folder)


def pair(one: str, other: str, **method: Any) -> Any:
    return make_config({"teacher": {"model": one}, "student": {"model": other}, "method": method})


def test_it_is_said_where_both_are_here_and_differ(tmp_path: Path) -> None:
    first, same = model(tmp_path / "a", {"x": 0, "y": 1}), model(tmp_path / "b", [["y", -1.0], ["x", -2.0]])
    other = model(tmp_path / "c", {"x": 0, "y": 1, "z": 2})
    assert different(pair(first, same)) is None, "the order and the form of the file are nothing"
    said = different(pair(first, other))
    assert said is not None and "(2 and 3 tokens): that is no hindrance" in said and "ifd" not in said
    assert "`method.ifd`" in (different(pair(first, other, ifd=[0.1, 1.0])) or "")
    assert different(pair(first, "someone/elsewhere")) is None, "nothing is known of a model that is not here"
