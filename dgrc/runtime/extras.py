"""Libraries that a plain installation leaves out, looked for before anything starts.

What a command is about to do flows in; an error flows out that names the setting, the extra and the line to type. `pip
install dgrc` brings what reading, asking a server, showing and submitting need; torch and what stands on it come with
extras. Nothing is imported here: a library is only looked up.
"""

import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dgrc.config import Config, EngineConfig
from dgrc.errors import ExtraError

ENGINES_HERE = ("vllm", "embedding")
"""Values of `engine` that run a model on this cluster."""


@dataclass(frozen=True, slots=True)
class Need:
    """Libraries that some setting or command needs, and the extra that brings them."""

    what: str
    extra: str
    libraries: tuple[str, ...]

    def missing(self) -> str | None:
        """Which of them are not here and what to type; None if all are."""
        absent = [name for name in self.libraries if not installed(name)]
        if not absent:
            return None
        cpu = " On a machine without GPUs `make env` in a checkout installs all there is." if "vllm" in absent else ""
        return (
            f"{self.what} needs {', '.join(absent)}, not installed here. Install the extra `{self.extra}`: pip install "
            f"'dgrc[{self.extra}]', or pip install '.[{self.extra}]' in a checkout.{cpu}"
        )

    def check(self) -> None:
        """Raises `ExtraError` if one of them is not here."""
        if problem := self.missing():
            raise ExtraError(problem)


PDF = Need("Reading PDF files", "pdf", ("pypdf",))
"""Documents that are PDF files."""


def training(what: str) -> Need:
    """What training and merging students need."""
    return Need(what, "train", ("torch", "transformers", "tokenizers", "safetensors", "deepspeed", "peft"))


def needs(config: Config, parts: Iterable[str]) -> Iterator[Need]:
    """What these parts of a job (`questions`, `curate`, `train`, `evaluate`) need beyond a plain installation.

    Of a cluster that is joined only what this process itself loads is asked: its nodes have their own installation.
    """
    parts = set(parts)
    joined = config.ray.address is not None
    if "questions" in parts and config.corpus and any(".pdf" in name.lower() for name in config.corpus.files):
        yield PDF
    for role, engine in engines_of(config, parts - {"train"}).items():
        if engine.engine in ENGINES_HERE:
            here = ("transformers",) if joined else ("vllm", "transformers")
            yield Need(f"`{role}.engine: {engine.engine}`", "gpu", here)
        if engine.model.startswith("proving:"):
            yield training(f"Making the model {engine.model}")
    if "train" in parts:
        need = training("Training")
        yield Need(need.what, need.extra, ("torch", "transformers")) if joined else need
    if "evaluate" in parts:
        yield Need("Evaluating a student", "train", ("torch",))


def engines_of(config: Config, parts: Iterable[str]) -> dict[str, EngineConfig]:
    """The models that these parts of a job load or ask, by role."""
    parts = set(parts)
    if "curate" in parts:
        return config.engines() | ({"embedder": config.embedder} if config.embedder else {})
    teacher = "questions" in parts or ("evaluate" in parts and config.evaluation.teacher)
    student = parts & {"train", "evaluate"}
    return ({"teacher": config.teacher} if teacher else {}) | ({"student": config.student} if student else {})


def installed(name: str) -> bool:
    """Whether a library can be found; it is not imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # something in the way refuses, or a half-loaded stand-in has no spec
        return False
