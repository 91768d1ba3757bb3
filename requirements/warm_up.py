"""Imports the stack once after an installation, in two processes at a time.

In: a fresh .venv. Out: exit code 0 if everything can be imported, else the errors on standard error; and the
bytecode of what was imported, which pip was told not to write. Bytecode of everything would cost 0.5 GB;
without any, each of a run's many processes would compile the same modules again.
"""

import subprocess
import sys

GROUPS = (
    (
        "ray.data",
        "ray.train.torch",
        "ray.dashboard.modules.job.sdk",
        "pyarrow.dataset",
        "datasets",
        "peft",
        "deepspeed",
        "hypothesis",
        "pytest",
    ),
    (
        "vllm.v1.engine.async_llm",
        "vllm.v1.engine.core",
        "vllm.v1.executor.multiproc_executor",
        "vllm.v1.worker.cpu_worker",
        "vllm.v1.structured_output.backend_xgrammar",
        "vllm.model_executor.models.qwen2",
        "vllm.entrypoints.openai.api_server",
        "transformers.models.qwen2.modeling_qwen2",
    ),
)


def start(modules: tuple[str, ...]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", f"import {', '.join(modules)}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


failed = False
for process in [start(modules) for modules in GROUPS]:
    _, errors = process.communicate()
    if process.returncode != 0:
        failed = True
        sys.stderr.write(errors)
sys.exit(failed)
