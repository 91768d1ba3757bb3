"""DGRC: turn a small open LLM into a specialist from unlabeled questions and a fallible teacher.

As a library: `dgrc.curate`, `dgrc.train`, `dgrc.evaluate` and `dgrc.open_run` (docs/python.md). Nothing is imported
before it is used. Read `dgrc.method` for the paper's steps and `dgrc.pipeline.passes` for how they run on a cluster.
"""

import importlib
from typing import TYPE_CHECKING, Any

from dgrc.version import __version__ as __version__

if TYPE_CHECKING:
    from dgrc.config import Config
    from dgrc.config.file import load_config
    from dgrc.errors import DgrcError
    from dgrc.evaluation.score import Accuracy
    from dgrc.workflow.api import curate, evaluate, open_run, train
    from dgrc.workflow.results import Curriculum, Evaluation, PairedTest, Rows, Run, Training

__all__ = [
    "Accuracy", "Config", "Curriculum", "DgrcError", "Evaluation", "PairedTest", "Rows", "Run", "Training",
    "__version__", "curate", "evaluate", "load_config", "open_run", "train",
]  # fmt: skip
_PLACES = {
    "dgrc.config": ("Config",),
    "dgrc.config.file": ("load_config",),
    "dgrc.errors": ("DgrcError",),
    "dgrc.evaluation.score": ("Accuracy",),
    "dgrc.workflow.api": ("curate", "evaluate", "open_run", "train"),
    "dgrc.workflow.results": ("Curriculum", "Evaluation", "PairedTest", "Rows", "Run", "Training"),
}
"""Where each name comes from when it is first asked for."""


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            value = globals()[name] = getattr(importlib.import_module(module), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
