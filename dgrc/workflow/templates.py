"""Chat templates, tried before anything is paid for: the models of a configuration in, what must be known of them out.

Each local model's template renders the messages of every step that the run will ask it, with other texts in their
places, and an example as it would be trained on. What a template refuses or leaves out is an error now, not after an
engine has started. Models behind APIs have templates that nobody here can see; `proving:` models have ours.
"""

import functools
import logging
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from dgrc.chat.template import missing_texts
from dgrc.chat.thoughts import split_thoughts
from dgrc.config import Config, EngineConfig
from dgrc.errors import EngineError, TrainingError
from dgrc.method import answer, curriculum, diagnose, grade, judge, sample, verify, write
from dgrc.method.prompts import Pack, load_pack
from dgrc.method.reading import asked
from dgrc.method.verify import extract
from dgrc.questions.chats import ChatFiles
from dgrc.records import Chain, Example, Message
from dgrc.runtime.extras import engines_of, installed
from dgrc.storage.objectstore.files import is_remote

QUESTION, CHOICES = "How long is the notice?", ("30 days", "60 days")
CHAIN = Chain("The notice is 30 days.\n<answer>A</answer>", "A", "stop", 9)
OTHER = Chain("The notice is 60 days.\n<answer>B</answer>", "B", "stop", 9)
LOG = logging.getLogger(__name__)


def check_templates(config: Config, parts: Collection[str] = ()) -> None:
    """Tries the chat templates of all local models of these parts of a job (none named: of all).

    Without transformers nothing is tried.

    Raises:
        EngineError: a template refuses the messages of a step or leaves some out, or does not know its settings.
        TrainingError: the student's cannot be trained on; a job that only curates is told so.
    """
    if not installed("transformers"):
        return
    pack = load_pack(config.method.prompts)
    engines = engines_of(config, parts) if parts else config.engines()
    for role, engine in engines.items():
        if engine.engine == "vllm" and is_here(engine.model):
            _try_prompts(config, pack, role, engine)
    if config.student.engine != "vllm" or not is_here(config.student.model):
        return
    if not parts or "train" in parts:
        _try_training(config, pack)
    elif "curate" in parts:
        try:
            _try_training(config, pack)
        except TrainingError as e:  # a curriculum may be for another model
            _say(f"{e} It can be curated for, but `dgrc train` will refuse it.")


def check_replayed(config: Config) -> None:
    """Reads the examples of `training.replay.files`, and tries the student's template on one of each form of chat.

    Raises:
        QuestionFileError: a file cannot be read, or rows cannot be learned from.
        TrainingError: the template refuses an example; file and line are named.
    """
    forms: dict[tuple[Any, ...], Example] = {}
    for example in ChatFiles.of(config):
        thoughts = split_thoughts(example.messages[-1]["content"])[0] is not None
        forms.setdefault((thoughts, *(message["role"] for message in example.messages)), example)
    student = config.student
    if forms and student.engine == "vllm" and is_here(student.model) and installed("transformers"):
        from dgrc.training.data.encode import encode_corpus
        from dgrc.training.data.inputs import load_tokenizer

        encode_corpus(load_tokenizer(student.model), (), (), sys.maxsize, student, list(forms.values()))


def steps_of(config: Config, pack: Pack, role: str) -> Iterator[tuple[str, list[Message]]]:
    """The steps that a run asks of a role, each with its messages."""
    if role in ("teacher", "student", "auditor"):
        yield "sample", sample.build_messages(pack, QUESTION, CHOICES)
    if role == "verifier" or (role == "teacher" and config.verifier is None):
        facts = [verify.Fact(1, QUESTION, CHOICES[0])]
        if extract.STEP in pack.templates:
            yield extract.STEP, extract.build_messages(pack, QUESTION, CHOICES, CHAIN, facts)
        yield "verify", verify.build_messages(pack, QUESTION, CHOICES, CHAIN, facts)
    if role != "teacher":
        return
    yield "diagnose", diagnose.build_messages(pack, QUESTION, CHOICES, CHAIN, OTHER, False)
    yield "answer", answer.build_messages(pack, QUESTION)
    if config.method.judge is not None:
        yield "judge", judge.build_messages(pack, QUESTION, CHAIN.text, CHOICES[0])
    if config.method.grader:
        yield "grade", grade.build_messages(pack, QUESTION, CHOICES)
    if config.method.ask_unread != "off" and asked.can_be_asked(pack, CHOICES):
        yield "read", asked.build_messages(pack, QUESTION, CHOICES, CHAIN, (1, 0))[0]
    if config.corpus is not None and "write" in pack.templates:
        yield "write", write.build_messages(pack, CHAIN.text, "Notices", config.corpus.form, 1)


def _try_prompts(config: Config, pack: Pack, role: str, engine: EngineConfig) -> None:
    from dgrc.engines.vllm.tokens import PromptEncoder

    template = PromptEncoder.of(engine).template
    for step, messages in steps_of(config, pack, role):
        clean = [{"role": m["role"], "content": template.clean(m)["content"]} for m in messages]
        if lost := missing_texts(template.render(messages, prompt=True), clean):
            raise EngineError(
                f"The chat template of the {role}'s model {engine.model!r} leaves out what the message of the role "
                f"{lost[0]} says (step `{step}` of the prompt pack `{pack.name}`). Use another model, or give its "
                "directory a chat_template.jinja that renders all messages."
            )
    if template.folds:
        _say(
            f"The chat template of the {role}'s model {engine.model!r} takes no system message; what it would say goes "
            "to the head of the user's."
        )


def _try_training(config: Config, pack: Pack) -> None:
    from dgrc.training.data.encode import encode_messages
    from dgrc.training.data.inputs import check_vocabulary, load_tokenizer

    tokenizer = load_tokenizer(config.student.model)
    thoughts = "<think>\nThe law says so.\n</think>\n\n" if config.training.thoughts == "keep" else ""
    chain = Chain(f"{thoughts}{CHAIN.text}", "A", "stop", 9)
    for messages in (
        curriculum.chain_example(pack, QUESTION, CHOICES, 0, chain).messages,
        curriculum.atom_turns(pack, QUESTION, CHOICES[0], CHAIN.text),
    ):
        tokens, _ = encode_messages(tokenizer, messages, config.student)
        check_vocabulary(config.student.model, tokenizer, tokens)


def is_here(model: str) -> bool:
    """Whether a model's tokenizer can be read without downloading it from the Hub; `proving:` models are made later."""
    if model.startswith("proving:"):
        return False
    return is_remote(model) or Path(model).expanduser().is_dir() or in_hub_cache(model)


def in_hub_cache(model: str) -> bool:
    """Whether a model of the Hub was downloaded before, to where Hugging Face's own variables say."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface"))
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub")).expanduser()
    return (cache / f"models--{model.replace('/', '--')}").is_dir()


@functools.cache
def _say(line: str) -> None:
    """Says a thing once a process."""
    LOG.warning(line)
