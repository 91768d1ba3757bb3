"""What can be known to fail before anything starts: said at once, not after Ray has started or a run has ended.

`check` raises at the first; `missing` lists, for `--dry-run`, what a configuration names that is not on this machine.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from dgrc.config import Config, MethodConfig
from dgrc.config.passed_on.servers import variable_of
from dgrc.errors import DgrcError, PromptPackError, QuestionFileError
from dgrc.runtime.extras import check_extras, engines_of, needs
from dgrc.storage.objectstore.files import is_remote
from dgrc.workflow.named_files import named_files
from dgrc.workflow.templates import check_replayed, check_templates, in_hub_cache, is_here


def check(config: Config, parts: Iterable[str] = ()) -> None:
    """Raises DgrcError if a library that these parts of the job need, the prompt pack, a model, a chat template, an
    example that is to be replayed, an attention, an adapter's targets, or the place to publish to cannot be used."""
    from dgrc.engines.vllm.arguments import check_engine_args
    from dgrc.engines.vllm.tokens import check_model_path
    from dgrc.storage.publish import check_target

    parts = tuple(parts)
    check_engine_args(config)
    check_extras(config, parts)
    check_pack(config.method)
    for engine in config.engines().values():
        if engine.engine == "vllm" and not engine.model.startswith("proving:"):
            check_model_path(engine.model)
    check_templates(config, parts)
    if not parts or "train" in parts:
        check_replayed(config)
    student, training = config.student, config.training
    if (not parts or "train" in parts) and student.engine == "vllm" and is_here(student.model):
        if training.attention != "auto":
            from dgrc.training.model.attention import check_attention

            check_attention(training, student.model)
        if training.adapter is not None:
            from dgrc.training.model.load import check_targets

            check_targets(student.model, training.adapter)
    if config.publish is not None:
        check_target(config.publish)


def check_pack(method: MethodConfig) -> None:
    """Raises PromptPackError if there is no such pack, or it lacks a step that a setting asks for."""
    from dgrc.method.prompts import load_pack

    pack = load_pack(method.prompts)
    if method.judge is not None:
        pack.require("judge", "method.judge")
    if method.grader:
        pack.require("grade", "method.grader")


def pack_called(method: MethodConfig) -> str:
    """The prompt pack with version and language, or what is wrong with it."""
    from dgrc.method.prompts import load_pack

    try:
        check_pack(method)
        return load_pack(method.prompts).called()
    except PromptPackError as e:
        return f"{method.prompts}: {e}"


def missing(config: Config, parts: Collection[str]) -> list[str]:
    """What these parts of the job need that is not on this machine: `setting: what is wrong with it`, a line each.

    Nothing is asked over a network: files on object stores and servers of APIs are not looked at.
    """
    lines = [*_missing_files(config, parts), *_missing_models(config, parts)]
    return list(dict.fromkeys([*lines, *(problem for need in needs(config, parts) if (problem := need.missing()))]))


def _missing_files(config: Config, parts: Collection[str]) -> Iterator[str]:
    from dgrc.questions.columns import find_files

    if "curate" in parts and not config.questions.files and config.corpus is None:
        yield "questions.files: no file is named"
    for setting, patterns, suffixes in named_files(config, parts):
        for pattern in patterns:
            if not is_remote(pattern) and not pattern.startswith("proving:"):
                try:
                    find_files((pattern,), suffixes)
                except QuestionFileError as e:
                    yield f"{setting}: {e}"


def _missing_models(config: Config, parts: Collection[str]) -> Iterator[str]:
    from dgrc.engines.vllm.arguments import problems
    from dgrc.engines.vllm.tokens import check_model_path

    for role, engine in engines_of(config, parts).items():
        yield from (f"{role}.engine_args: {problem}" for problem in problems(engine, config, role))
        if engine.api is not None:
            wanted = {f"extra_headers.{name}": variable_of(value) for name, value in engine.api.extra_headers.items()}
            wanted |= {"key_env": engine.api.key_env} if engine.api.key_env else {}
            for setting, variable in wanted.items():
                if variable not in os.environ:
                    yield f"{role}.api.{setting}: the environment variable {variable} is not set here."
        elif engine.engine != "scripted" and not engine.model.startswith("proving:") and not is_remote(engine.model):
            try:
                check_model_path(engine.model)
            except DgrcError as e:
                yield f"{role}.model: {e}"
            except ImportError:  # some models are looked at with transformers; that it is not here is told anyway
                continue
            else:
                if not Path(engine.model).expanduser().is_dir() and not in_hub_cache(engine.model):
                    yield (
                        f"{role}.model: {engine.model} is neither a folder here nor in the cache of the Hugging Face "
                        "Hub; it would be downloaded."
                    )
    settings = config.training.deepspeed
    if "train" in parts and settings is not None and not Path(settings).expanduser().is_file():
        yield f"training.deepspeed: there is no file {settings}."
