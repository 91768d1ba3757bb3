"""Turns `proving:teacher`, `proving:student` and others into model directories, made once.

Model names and the proving settings go in; Hugging Face directories come out. What is missing is trained, side by
side in a process each, and kept under `ProvingConfig.cache` by a hash of everything that decides the result: the
code of the recipe, size, seed, and those settings of the world's variant that this model depends on.

A model is built in a temporary folder and renamed when whole, so that a reader never sees half of one. A lock makes a
second process wait for the first instead of training the same again.
"""

import ast
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dgrc.config import ProvingConfig
from dgrc.errors import ConfigError, TrainingError
from dgrc.proving.world import Variant

Progress = Callable[[str], None]

PREFIX = "proving:"
_RECIPE = ("language.py", "world.py", "corpus.py", "tokenizer.py", "train.py", "muon.py")
_NOISE_RECIPE = ("noise.py", "train.py", "muon.py")
DEPENDS_ON = {
    "teacher": ("slip", "misconceptions", "atomic_errors", "wording"),
    "student": ("misconceptions", "blind_spots", "wording"),
    "auditor": ("wording",),
    "noise": (),
}
"""The settings of a variant that decide each model, beside size and seed."""

_PARSING = threading.Lock()


def resolve(models: Iterable[str], config: ProvingConfig, on_progress: Progress | None = None) -> dict[str, str]:
    """The directory of each `proving:` model, made if missing; any other string stands for itself.

    Raises:
        ConfigError: there is no such proving model.
        TrainingError: a model could not be made.
    """
    models = list(models)
    names = [model.removeprefix(PREFIX) for model in models if model.startswith(PREFIX)]
    for name in names:
        if name not in DEPENDS_ON:
            raise ConfigError(
                f"The model '{PREFIX}{name}' does not exist: the proving world has "
                f"{', '.join(f'`{PREFIX}{known}`' for known in DEPENDS_ON)}. Use one of them, or a model directory."
            )
    made = make_models(config, names, on_progress)
    return {model: made.get(model.removeprefix(PREFIX), model) for model in models}


def make_models(config: ProvingConfig, names: Iterable[str], on_progress: Progress | None = None) -> dict[str, str]:
    """The directories of these models of this world, trained if missing.

    Raises:
        TrainingError: a training process failed.
    """
    folders = {name: _folder(config, name) for name in names}
    if not all(folder.is_dir() for folder in folders.values()):
        root = Path(config.cache).expanduser() / "proving"
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root / f"{config.size}-{config.seed}.lock"):
            missing = {name: folder for name, folder in folders.items() if not folder.is_dir()}
            if missing:
                _make(root, config, missing, on_progress or (lambda line: None))
    return {name: str(folder) for name, folder in folders.items()}


def _folder(config: ProvingConfig, name: str) -> Path:
    variant = Variant.from_config(config)
    decides = {key: getattr(variant, key) for key in DEPENDS_ON[name]}
    if name == "student" and not variant.blind_spots:
        del decides["misconceptions"]  # without blind spots the student knows nothing of the teacher's errors
    world = "" if name == "noise" else f"-{config.size}-{config.seed}"
    sources = _NOISE_RECIPE if name == "noise" else _RECIPE
    identity = hashlib.sha256(json.dumps([_fingerprint(sources), decides], sort_keys=True).encode()).hexdigest()[:16]
    return Path(config.cache).expanduser() / "proving" / f"{name}{world}-{identity}"


def _make(root: Path, config: ProvingConfig, missing: dict[str, Path], on_progress: Progress) -> None:
    """Trains models in a temporary folder and puts each in its place when all are whole."""
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=root))
    try:
        _train(building, config, tuple(missing), on_progress)
        for name, folder in missing.items():
            (building / name).chmod(0o755)
            (building / name).rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _train(building: Path, config: ProvingConfig, models: tuple[str, ...], on_progress: Progress) -> None:
    """Runs one training process a model, all at once; the first failure ends the others."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    processes: dict[str, subprocess.Popen[str]] = {}
    readers = []
    try:
        for name in models:
            module = "dgrc.proving.noise" if name == "noise" else "dgrc.proving.train"
            variant = json.dumps(dataclasses.asdict(Variant.from_config(config)))
            command = [sys.executable, "-m", module, name, config.size, str(config.seed), str(building / name), variant]
            with (building / f"{name}.log").open("w") as log:
                process = subprocess.Popen(
                    command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True, cwd=_root()
                )
            processes[name] = process
            readers.append(threading.Thread(target=_relay, args=(process, on_progress), daemon=True))
            readers[-1].start()
        for name, process in processes.items():
            if process.wait() != 0:
                tail = (building / f"{name}.log").read_text(errors="replace").strip().splitlines()[-5:]
                raise TrainingError(
                    f"Making the model {PREFIX}{name} failed: its process ended with status {process.returncode}, "
                    f"where 0 was wanted. It last said: {' | '.join(tail)}. Mend the cause and run again."
                )
    finally:
        for process in processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        for reader in readers:
            reader.join()
    for name in models:
        (building / f"{name}.log").unlink()


def _relay(process: "subprocess.Popen[str]", on_progress: Progress) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            on_progress(line.rstrip())


def _root() -> Path:
    """The folder that holds the package, so that the child finds it wherever this process stands."""
    return Path(__file__).resolve().parents[2]


def _fingerprint(sources: tuple[str, ...]) -> str:
    """A hash of the recipe's code; comments, docstrings and layout are left out, so that prose costs no training."""
    digest = hashlib.sha256()
    for source in sources:
        with _PARSING:  # in Python 3.11 two threads that parse at once break each other's count of depth
            tree = ast.parse((Path(__file__).parent / source).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = ""
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
