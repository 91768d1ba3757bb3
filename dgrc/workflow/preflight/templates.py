"""Chat templates, tried before anything is paid for: the models of a configuration in, findings out.

Each local model's template renders the messages of every step that the run will ask it, with other texts in their
places, and an example as it would be trained on. What a template refuses or leaves out is an error now, not after an
engine has started. Models behind APIs have templates that nobody here can see; `proving:` models have ours.
"""

import functools
import logging
from collections.abc import Collection, Iterator

from dgrc.chat.template import missing_texts
from dgrc.config import Config, EngineConfig
from dgrc.engines.vllm.tokens import check_model_path
from dgrc.errors import DgrcError, EngineError, PromptPackError
from dgrc.method import answer, curriculum, diagnose, grade, judge, sample, verify, write
from dgrc.method.prompts import Pack, load_pack
from dgrc.method.reading import asked
from dgrc.method.verify import extract
from dgrc.records import Chain, Message
from dgrc.runtime.extras import installed
from dgrc.storage.objectstore.files import is_remote
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.models import engines, is_here

QUESTION, CHOICES = "How long is the notice?", ("30 days", "60 days")
CHAIN = Chain("The notice is 30 days.\n<answer>A</answer>", "A", "stop", 9)
OTHER = Chain("The notice is 60 days.\n<answer>B</answer>", "B", "stop", 9)
LOG = logging.getLogger(__name__)


def templates_render(config: Config, parts: Collection[str] = (), stores: bool = True) -> Iterator[Finding]:
    """Tries the chat templates of all local models of these parts of a job (none named: of all).

    A template that refuses the messages of a step or leaves some out, or does not know its settings, is a finding; so
    is a student's that cannot be trained on. A job that only curates is told of the latter. Without transformers
    nothing is tried, and without `stores` no model that lies on one.
    """
    if not installed("transformers"):
        return
    try:
        pack = load_pack(config.method.prompts)
    except PromptPackError:
        return  # which is told by itself
    refused = set[str]()
    for role, engine in engines(config, parts).items():
        if engine.engine == "vllm" and can_be_read(engine.model, stores):
            try:
                _try_prompts(config, pack, role, engine)
            except DgrcError as e:
                refused.add(role)
                yield Finding.of(f"{role}.model", e)
    if config.student.engine != "vllm" or "student" in refused or not can_be_read(config.student.model, stores):
        return
    if parts and not {"train", "curate"} & {*parts}:
        return
    try:
        _try_training(config, pack)
    except DgrcError as e:
        if not parts or "train" in parts:
            yield Finding.of("student.model", e)
        else:  # a curriculum may be for another model
            _say(f"{e} It can be curated for, but `dgrc train` will refuse it.")


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


def can_be_read(model: str, stores: bool = True) -> bool:
    """Whether a model is here and nothing speaks against reading it, so that its template can be tried; without
    `stores` none that lies on one."""
    if not is_here(model) or (is_remote(model) and not stores):
        return False
    try:
        check_model_path(model)
    except (DgrcError, ImportError):  # which is told by itself
        return False
    return True


@functools.cache
def _say(line: str) -> None:
    """Says a thing once a process."""
    LOG.warning(line)
