"""What all tests share: one thread a process, no network, examples that do not change from run to run in CI.

Test files mirror the package. Not covered, because no machine here has it: GPUs (vLLM's CUDA build, NCCL,
CPU offload). Several nodes are namespaces (tests/cluster), object stores a server on loopback (tests/remote);
docs/support.md says what was run where.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Before torch, Ray or vLLM is imported anywhere. Two processes of one thread beat one process of two.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")

# Other processes on the machine make single examples slow, so there is no deadline.
settings.register_profile("dgrc", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("dgrc")


@pytest.fixture(scope="session")
def ray_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Ray session for all tests in this process: starting and ending one takes 15 s on two cores."""
    from dgrc.config.file import make_config
    from dgrc.runtime.session import ray_session
    from dgrc.storage.run_dir import RunDir

    folder = tmp_path_factory.mktemp("ray")
    with ray_session(make_config({"runs_dir": str(folder)}), RunDir(folder / "run")):
        yield
