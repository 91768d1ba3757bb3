"""Files that a configuration names, by the setting that names them: for whoever checks that they are there, or will be.

A configuration and parts of a job flow in; settings with their paths or globs flow out, as the user wrote them.
"""

from collections.abc import Collection, Iterator

from dgrc.config import Config
from dgrc.runtime.extras import engines_of

NamedFiles = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A setting, its paths or globs, and the suffixes that are read there."""


def named_files(config: Config, parts: Collection[str]) -> Iterator[NamedFiles]:
    """Files of rows or documents that these parts of a job read."""
    from dgrc.corpus.documents import SUFFIXES as DOCUMENTS
    from dgrc.questions.chats import SUFFIXES as CHATS
    from dgrc.questions.files.formats import SUFFIXES as QUESTIONS
    from dgrc.questions.recorded import SUFFIXES as CHAINS

    questions, evaluation = config.questions, config.evaluation
    if {"curate", "questions"} & set(parts):
        yield "corpus.files", config.corpus.files if config.corpus else (), DOCUMENTS
    if "curate" in parts:
        yield "questions.files", questions.files, QUESTIONS
        yield "questions.teacher_chains", questions.teacher_chains, CHAINS
        yield "questions.student_chains", questions.student_chains, CHAINS
    if "train" in parts:
        yield "training.replay.files", config.training.replayed.files, CHATS
    if "evaluate" in parts:
        yield "evaluation.files", evaluation.files, QUESTIONS
        for each in evaluation.benchmarks:
            yield "evaluation.benchmarks", each.files + each.answers, QUESTIONS


def named_places(config: Config, parts: Collection[str]) -> Iterator[tuple[str, str]]:
    """Whatever else these parts may read from a path: folders of models and packs, code of scripts, a settings file.

    Each may as well be a name, of a model of the Hub or a built-in pack say, that stands for no path.
    """
    for role, engine in engines_of(config, parts).items():
        if engine.engine == "scripted":
            module = engine.script.partition(":")[0].replace(".", "/")
            yield f"{role}.script", f"{module}.py"
            yield f"{role}.script", module
        elif engine.api is None:
            yield f"{role}.model", engine.model
            yield f"{role}.adapter", engine.adapter
            speculative = engine.engine_args.get("speculative_config")
            draft = speculative.get("model") if isinstance(speculative, dict) else None
            yield f"{role}.engine_args.speculative_config.model", str(draft or "")
    if {"curate", "evaluate", "questions"} & set(parts):
        yield "method.prompts", config.method.prompts
    if "train" in parts:
        yield "training.deepspeed", config.training.deepspeed or ""
