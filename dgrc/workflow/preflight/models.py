"""Models and adapters: whether they are there, whole, and of an architecture that can be run. Findings out.

Only config.json, the index of the weights and the settings of adapters are read. A name of the Hub that is not in the
cache is asked for there, as patiently as servers are (`servers.py`).
"""

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from dgrc.config import Config, EngineConfig
from dgrc.engines.scripted import function_of
from dgrc.engines.vllm.adapters import adapter_settings
from dgrc.engines.vllm.architectures import architecture_problem
from dgrc.engines.vllm.arguments import problems
from dgrc.engines.vllm.tokens import check_model_path
from dgrc.errors import DgrcError, EngineError, StorageError
from dgrc.runtime.extras import engines_of, installed
from dgrc.storage.model_directory import INDEX
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.objectstore.hub import is_hub_name
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import is_student
from dgrc.workflow.preflight.findings import Finding
from dgrc.workflow.preflight.servers import ANSWER_S, CONNECT_S

PATIENCE = (CONNECT_S, ANSWER_S, ANSWER_S, ANSWER_S)
"""Longest waits for the Hub, as its client takes them: to connect, to read, to write, for a free connection."""


def engines(config: Config, parts: Collection[str]) -> dict[str, EngineConfig]:
    """The engines of these parts of a job by role; of no parts, all."""
    return engines_of(config, parts) if parts else config.engines()


def models_fit(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    """What is wrong with the models of these parts that lie on this machine, and with what is passed on to vLLM."""
    for role, engine in engines(config, parts).items():
        for problem in problems(engine, config if role != "embedder" else None, role):
            yield Finding(f"{role}.engine_args", problem)
        if engine.engine in ("vllm", "embedding") and not engine.model.startswith("proving:"):
            if not is_remote(engine.model):
                yield from _model(role, engine)
            if engine.adapter:
                yield from _adapter(role, engine)
        if engine.engine == "scripted" and config.ray.address is None:  # elsewhere it may be installed all the same
            try:
                function_of(engine.script)
            except EngineError as e:
                yield Finding.of(f"{role}.script", e)
    settings = config.training.deepspeed
    if "train" in parts:
        if settings is not None and not Path(settings).expanduser().is_file():
            yield Finding("training.deepspeed", f"there is no file {settings}.")
        if config.student.engine != "vllm" and not is_student(RunDir.of(config).student()):  # a trained one is told of
            yield Finding(
                "student.engine", f"`{config.student.engine}` names no weights that could be trained; wanted is `vllm` "
                "with a model's directory.",
            )  # fmt: skip


def stores_have(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    """Models on object stores and of the Hub that cannot be had: what has to be asked over a network."""
    for role, engine in engines(config, parts).items():
        if engine.engine not in ("vllm", "embedding") or engine.model.startswith("proving:") or not engine.model:
            continue
        if is_remote(engine.model):
            from dgrc.storage.objectstore.models import listing

            try:
                listing(engine.model)
            except StorageError as e:
                yield Finding.of(f"{role}.model", e)
        elif is_hub_name(engine.model) and not in_hub_cache(engine.model):
            yield _of_hub(role, engine.model)


def _model(role: str, engine: EngineConfig) -> Iterator[Finding]:
    try:
        check_model_path(engine.model)
    except DgrcError as e:
        yield Finding.of(f"{role}.model", e)
        return
    except ImportError:  # some models are looked at with transformers; that it is not here is told anyway
        return
    folder = directory_of(engine.model)
    if folder is None:
        return
    if problem := architecture_problem(folder, engine.engine == "vllm"):
        yield Finding(f"{role}.model", f"vLLM cannot run {engine.model}: {problem}", EngineError)
    # What the Hub's cache lacks is fetched when it is needed: a node that only plans has no weights there.
    if is_directory(engine.model) and (problem := weights_problem(folder)):
        yield Finding(f"{role}.model", f"{problem} Fetch the model again.", EngineError)


def _adapter(role: str, engine: EngineConfig) -> Iterator[Finding]:
    if is_remote(engine.adapter):
        return
    try:
        rank = int(adapter_settings(engine.adapter)["r"])
    except DgrcError as e:
        yield Finding.of(f"{role}.adapter", e)
        return
    if engine.max_lora_rank and rank > engine.max_lora_rank:
        yield Finding(
            f"{role}.max_lora_rank", f"it is {engine.max_lora_rank}, and the adapter {engine.adapter} has rank {rank}. "
            "Raise it, or leave it out.", EngineError,
        )  # fmt: skip


def weights_problem(folder: Path) -> str | None:
    """Which files of a model's weights are not in its directory; None if all are."""
    try:
        named = {str(name) for name in json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        named = set()
    if lost := sorted(name for name in named if not (folder / name).is_file()):
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        return f"Of the weights of {folder} there is no {', '.join(lost[:3])}{more}, which its {INDEX} names."
    there = any(folder.glob("*.safetensors"))
    return None if there else f"The model directory {folder} has no weights (*.safetensors)."


def directory_of(model: str) -> Path | None:
    """Where a model lies on this machine: its directory, or what the Hub's cache has of it."""
    if is_directory(model):
        return Path(model).expanduser()
    refs = hub_folder(model) / "refs" / "main"
    if refs.is_file():
        snapshot = hub_folder(model) / "snapshots" / refs.read_text(encoding="utf-8").strip()
        return snapshot if (snapshot / "config.json").is_file() else None
    return None


def is_here(model: str) -> bool:
    """Whether a model's tokenizer can be read without downloading it from the Hub; `proving:` models are made later."""
    if model.startswith("proving:"):
        return False
    return is_remote(model) or is_directory(model) or in_hub_cache(model)


def is_directory(model: str) -> bool:
    """Whether a model is a directory of this machine."""
    return bool(model) and Path(model).expanduser().is_dir()


def in_hub_cache(model: str) -> bool:
    """Whether a model of the Hub was downloaded before, to where Hugging Face's own variables say."""
    return hub_folder(model).is_dir()


def hub_folder(model: str) -> Path:
    """The Hub's folder of a model in the cache."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface"))
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub")).expanduser()
    return cache / f"models--{model.replace('/', '--')}"


def _of_hub(role: str, model: str) -> Finding:
    """What is to be said of a name of the Hub that was not downloaded."""
    nowhere = f"{model} is neither a folder here nor in the cache of the Hugging Face Hub"
    if not installed("huggingface_hub"):
        return Finding(f"{role}.model", f"{nowhere}; it would be downloaded.", stops=False)
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    if constants.HF_HUB_OFFLINE:
        return Finding(f"{role}.model", f"{nowhere}, and HF_HUB_OFFLINE says not to ask there.", EngineError)
    try:
        about = HfApi().model_info(model, timeout=PATIENCE, files_metadata=True)  # type: ignore[arg-type]
    except GatedRepoError:
        words = f"{nowhere}, and the Hub gives it to those alone who were let in. Ask for access and set HF_TOKEN."
        return Finding(f"{role}.model", words, EngineError)
    except RepositoryNotFoundError:
        words = f"{nowhere}, and the Hub has no such model, or shows it to some alone (HF_TOKEN)."
        return Finding(f"{role}.model", words, EngineError)
    except HfHubHTTPError as e:
        status = getattr(e.response, "status_code", "no status")
        return Finding(f"{role}.model", f"{nowhere}, and the Hub answered {status}. Try again later.", EngineError)
    except Exception as e:  # noqa: BLE001 - whatever its client raises of networks and names
        away = f"cannot be reached ({type(e).__name__}). Download it where there is a network."
        if "ReadTimeout" in type(e).__name__:
            away = f"took the connection and has not answered within {ANSWER_S:g} s. Try again later."
        words = f"{nowhere}, and the Hub {away}"
        return Finding(f"{role}.model", words, EngineError)
    sizes = [file.size or 0 for file in about.siblings or () if file.rfilename.endswith(".safetensors")]
    if not sizes:
        words = f"{model} has no weights in safetensors on the Hub, and other forms are not loaded. Take another model."
        return Finding(f"{role}.model", words, EngineError)
    words = f"{nowhere}; it would be downloaded ({sum(sizes) / 2**30:,.1f} GiB)."
    return Finding(f"{role}.model", words, stops=False)
