"""Turns `proving:teacher`, `proving:student` and `proving:noise` into model directories, made once.

A model name and the proving settings go in; a Hugging Face directory comes out. What is missing is
trained, teacher and student side by side in two processes, and kept under `ProvingConfig.cache` by
a hash of everything that decides the result: the code of the recipe, the size and the seed.

A set of models is built in a temporary folder and renamed when whole, so that a reader never sees
half of one. A lock makes a second process wait for the first instead of training the same again.
"""

import ast
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dgrc.config import ProvingConfig
from dgrc.errors import ConfigError, TrainingError

Progress = Callable[[str], None]

PREFIX = "proving:"
PAIR = ("teacher", "student")
NAMES = (*PAIR, "noise")
_RECIPE = ("world.py", "corpus.py", "tokenizer.py", "train.py")
_NOISE_RECIPE = ("noise.py", "train.py")


def resolve(model: str, config: ProvingConfig, on_progress: Progress | None = None) -> str:
    """The directory of a `proving:` model, made if missing; any other string is returned as it is.

    Raises:
        ConfigError: there is no such proving model.
        TrainingError: the model could not be made.
    """
    if not model.startswith(PREFIX):
        return model
    name = model.removeprefix(PREFIX)
    if name == "noise":
        return str(_cached(config, "noise", _NOISE_RECIPE, ("noise",), on_progress) / "noise")
    if name not in NAMES:
        raise ConfigError(
            f"The model {model!r} does not exist: the proving world has "
            f"{', '.join(f'`{PREFIX}{known}`' for known in NAMES)}. Use one of them, or a model directory."
        )
    return make_models(config, on_progress)[name]


def make_models(config: ProvingConfig, on_progress: Progress | None = None) -> dict[str, str]:
    """The directories of `teacher` and `student` of this world, trained if missing.

    Raises:
        TrainingError: a training process failed.
    """
    folder = _cached(config, f"{config.size}-{config.seed}", _RECIPE, PAIR, on_progress)
    return {name: str(folder / name) for name in PAIR}


def _cached(
    config: ProvingConfig, label: str, sources: tuple[str, ...], models: tuple[str, ...], on_progress: Progress | None
) -> Path:
    folder = Path(config.cache).expanduser() / "proving" / f"{label}-{_fingerprint(sources)}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            building = Path(tempfile.mkdtemp(prefix=f".{label}-", dir=folder.parent))
            try:
                _train(building, config, models, on_progress or (lambda line: None))
                building.chmod(0o755)
                building.rename(folder)
            finally:
                shutil.rmtree(building, ignore_errors=True)
    return folder


def _train(building: Path, config: ProvingConfig, models: tuple[str, ...], on_progress: Progress) -> None:
    """Runs one training process a model, all at once; the first failure ends the others."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    processes: dict[str, subprocess.Popen[str]] = {}
    readers = []
    try:
        for name in models:
            module = "dgrc.proving.noise" if name == "noise" else "dgrc.proving.train"
            command = [sys.executable, "-m", module, name, config.size, str(config.seed), str(building / name)]
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
