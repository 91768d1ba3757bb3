"""What all tests share: one thread a process, no network, examples that do not change from run to run in CI.

Test files mirror the package. Not covered, because no machine here has it: GPUs (vLLM's CUDA build, NCCL,
CPU offload). Several nodes are namespaces (tests/cluster), object stores a server on loopback (tests/storage);
docs/support.md says what was run where.

`make test` runs two processes of tests side by side, a file in one of them, the longest first: a test that starts Ray
waits for processes to come and go for nearly half of its time. `make test-unit` leaves those out (marked `stack`).
"""

import fcntl
import gc
import os
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings

# Before torch, Ray or vLLM is imported anywhere. Two processes of one thread beat one process of two.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
# Else Ray's workers are nicer than all else by 15: with a trickle of a core they keep their test waiting while anything
# else has work, another process of tests or another program.
os.environ.setdefault("RAY_worker_niceness", "0")

# Other processes on the machine make single examples slow, so there is no deadline.
settings.register_profile("dgrc", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("dgrc")

STACK_FIXTURES = {"ray_here", "small_world", "curated_once", "cluster"}
LONGEST = (
    "cli/test_demo.py", "engines/test_pool.py", "pipeline/test_resume.py", "workflow/test_api.py",
    "engines/vllm/test_engine.py", "pipeline/test_curate.py", "workflow/premise/test_premise.py",
    "workflow/submit/test_submit.py", "workflow/test_rounds.py", "engines/vllm/test_embeddings.py",
    "training/run/test_state.py", "pipeline/test_graph.py", "packaging/test_light.py",
    "workflow/questions/test_questions.py",
    "training/run/test_launch.py", "pipeline/test_checkpoints.py", "engines/vllm/test_adapters.py",
    "engines/vllm/test_thinking.py", "workflow/test_pilot.py", "runtime/test_session.py", "pipeline/test_chinese.py",
    "questions/test_recorded.py", "benchmarks/test_api.py", "benchmarks/test_questions.py",
    "training/run/test_head_loss.py", "pipeline/test_retries.py", "engines/api/test_chat.py",
    "engines/test_replica.py", "storage/test_verify.py",
)  # fmt: skip
"""These files begin first, in this order, so that neither process is left with a long one at the end."""
SMALL_SEED = 3


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "stack: starts Ray, vLLM, or a training; left out by `make test-unit`")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects no garbage meanwhile, nor ever looks through what is there then: torch, Ray and thousands of tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if STACK_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.stack)
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    file = item.nodeid.partition("::")[0].removeprefix("tests/")
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)


@pytest.fixture(autouse=True)
def _who_starts_ray_says_so(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "ray" in sys.modules and not request.node.get_closest_marker("stack"):
        monkeypatch.setattr("ray.init", _refuse)


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("this test starts Ray, so it has to be marked `stack` or use the fixture `ray_here`")


@pytest.fixture(scope="session")
def ray_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Ray session for all tests in this process: starting and ending one takes 15 s on two cores."""
    from dgrc.config.file import make_config
    from dgrc.runtime.session import ray_session
    from dgrc.storage.run_dir import RunDir

    folder = tmp_path_factory.mktemp("ray")
    with ray_session(make_config({"runs_dir": str(folder)}), RunDir(folder / "run")):
        yield


def shared_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder of this session of tests that its processes share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def curated_once(tmp_path_factory: pytest.TempPathFactory, ray_here: None) -> Path:
    """A folder with `q.jsonl` and the run `t`, its curation on scripted engines, made by the process that asks first.

    Other processes read them too: who changes anything changes a copy.
    """
    from tests.pipeline.conftest import CURATED, curate_here, scripted_config, write_questions

    folder = shared_folder(tmp_path_factory, "curated")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").is_file():
            curate_here(scripted_config(folder, write_questions(folder / "q.jsonl", CURATED), workers=2))
            (folder / "whole").touch()
    return folder


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A cache with the small world's teacher and student, trained once for all tests, whichever process asks first.

    Each process asks twice at once; a caller that trains leaves a file `trained-…` in the cache, so that a test can see
    that there was one.
    """
    from dgrc.config import ProvingConfig
    from dgrc.proving.models import make_models

    cache = shared_folder(tmp_path_factory, "proving-cache")
    config = ProvingConfig(size="small", seed=SMALL_SEED, cache=str(cache))

    def ask(caller: int) -> None:
        make_models(config, ("teacher", "student"), lambda line: (cache / f"trained-{os.getpid()}-{caller}").touch())

    with ThreadPoolExecutor(2) as callers:
        list(callers.map(ask, range(2)))
    return str(cache)
