"""The configuration that `dgrc init` writes loads, whatever its columns and files are called."""

from collections.abc import Sequence

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dgrc.config import FieldMap
from dgrc.config.file import make_config
from dgrc.config.starter import TEACHER, starter

NAMES = st.text(max_size=30)


@settings(max_examples=40)
@given(NAMES, st.lists(NAMES, min_size=1, max_size=3), NAMES, st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES))
def test_any_names_come_back_as_they_were(
    name: str, files: list[str], column: str, choices: list[str], notes: list[str]
) -> None:
    fields = FieldMap(text=column, choices=tuple(choices), label=None, source_id=column)
    config = make_config(yaml.safe_load(starter(name, files, fields, notes, student=column)))
    assert config.questions.files == tuple(files)
    assert config.questions.fields == fields
    assert (config.teacher.model, config.student.model) == (TEACHER, column)


def lines(notes: Sequence[str], fields: FieldMap | None) -> list[str]:
    return starter("my run", ["q.jsonl"], fields, notes).splitlines()


def test_it_is_short_has_comments_and_says_only_what_it_must() -> None:
    written = lines(["the question is in 'frage'"], FieldMap(text="frage"))
    assert "  # the question is in 'frage'" in written
    assert len([line for line in written if not line.lstrip().startswith("#")]) <= 10
    assert not any("fields" in line for line in lines(["a conversation"], None))
    assert any(line.startswith("name: my-run ") for line in written)
