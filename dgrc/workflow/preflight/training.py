"""What a training needs beside models and files: examples to replay, attention, an adapter's targets. Findings out."""

import sys
from collections.abc import Callable, Collection, Iterator
from typing import Any

from dgrc.chat.thoughts import split_thoughts
from dgrc.config import Config
from dgrc.errors import DgrcError, QuestionFileError
from dgrc.questions.chats import ChatFiles
from dgrc.records import Example
from dgrc.runtime.extras import installed
from dgrc.storage.objectstore.files import is_remote
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.templates import can_be_read


def training_fits(config: Config, parts: Collection[str], stores: bool = True) -> Iterator[Finding]:
    """What keeps these parts of a job (none named: all) from training as the settings say; without `stores` nothing
    that lies on one is read."""
    if parts and "train" not in parts:
        return
    looks: tuple[tuple[str, Callable[[Config, bool], None]], ...] = (
        ("", _replayed), ("training.attention", _attention), ("training.adapter", _targets),
    )  # fmt: skip
    for setting, look in looks:
        try:
            look(config, stores)
        except DgrcError as e:
            yield Finding.of(setting, e)


def _replayed(config: Config, stores: bool) -> None:
    """Reads the examples of `training.replay.files`, and tries the student's template on one of each form of chat.

    Raises:
        QuestionFileError: a file cannot be read, or rows cannot be learned from.
        TrainingError: the template refuses an example; file and line are named.
    """
    forms: dict[tuple[Any, ...], Example] = {}
    if not stores and any(map(is_remote, config.training.replayed.files)):
        return
    try:
        ChatFiles.of(config).files()
    except QuestionFileError:
        return  # that there is none is told with the other files
    for example in ChatFiles.of(config):
        thoughts = split_thoughts(example.messages[-1]["content"])[0] is not None
        forms.setdefault((thoughts, *(message["role"] for message in example.messages)), example)
    if forms and _student_is_here(config, stores) and installed("transformers"):
        from dgrc.training.data.encode import encode_corpus
        from dgrc.training.data.inputs import load_tokenizer

        student = config.student
        encode_corpus(load_tokenizer(student.model), (), (), sys.maxsize, student, list(forms.values()))


def _attention(config: Config, stores: bool) -> None:
    if config.training.attention != "auto" and _student_is_here(config, stores):
        from dgrc.training.model.attention import check_attention

        check_attention(config.training, config.student.model)


def _targets(config: Config, stores: bool) -> None:
    if config.training.adapter is not None and _student_is_here(config, stores):
        from dgrc.training.model.load import check_targets

        check_targets(config.student.model, config.training.adapter)


def _student_is_here(config: Config, stores: bool) -> bool:
    return config.student.engine == "vllm" and can_be_read(config.student.model, stores)
