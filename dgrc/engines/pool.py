"""Replicas of one engine as Ray actors, shared by every worker that has requests for it.

`Pool.start` asks Ray for the replicas and `Pool.wait` waits until they answer; `Pool.client` gives a picklable
`PoolClient` (`client.py`) that workers anywhere in the cluster use at the same time.

An elastic pool (`replicas: [least, most]`) asks for all and waits for the least: the rest are pending actors, which is
what a cluster's autoscaler adds nodes for, and take part as they come up. A request on a replica that dies is asked
again, a bounded number of times, of one that lives; Ray restarts the dead one. `Pool.stop` returns when all processes
of the replicas are gone.
"""

import contextlib
import time
from typing import Any

import psutil
import ray

from dgrc.config import EngineConfig
from dgrc.engines.api.ledger import Ledger
from dgrc.engines.client import START_TIMEOUT_S, PoolClient
from dgrc.engines.load import together
from dgrc.engines.placement import placement, placement_group
from dgrc.engines.replica import Replica
from dgrc.engines.waiting import OnWait, Waiting
from dgrc.errors import EngineAwayError, EngineError
from dgrc.records import hash64
from dgrc.runtime.driver import beside_driver

STOP_TIMEOUT_S = 60.0
LOAD_TIMEOUT_S = 10.0
MAX_CALLS_IN_FLIGHT = 4096


class Pool:
    """The replicas of one engine. Use as a context manager: leaving it ends them all."""

    def __init__(
        self, role: str, config: EngineConfig, replicas: list[Any], groups: list[Any], ledger: Any | None = None
    ):
        self.role = role
        self.config = config
        self.weights = config.weights
        self._replicas = replicas
        self._groups = groups
        self._ledger = ledger
        self._pids: set[int] = set()
        self._up: list[int] = []
        self._pending: dict[Any, int] = {}
        self._news = 0.0  # when a replica came up, or was restarted

    @classmethod
    def start(cls, role: str, config: EngineConfig, seed: int, spent_file: str | None = None) -> "Pool":
        """Asks Ray for the replicas; they load side by side. Call `wait` before use.

        Args:
            role: Who the engine speaks for.
            config: Its section.
            seed: Replica i is seeded by `seed` + i.
            spent_file: Where an API's spending is kept over starts of the run.
        """
        ledger = None
        if config.api is not None:
            keeper = ray.remote(Ledger).options(**beside_driver())
            ledger = keeper.remote(config.api, config.price_per_million, spent_file)
        replicas, groups = [], []
        for number in range(config.most_replicas):
            group = placement_group(config)
            actor = Replica.options(  # type: ignore[attr-defined]
                max_concurrency=MAX_CALLS_IN_FLIGHT,
                enable_task_events=False,  # one a request would flood Ray's head, which keeps 100,000 of them
                runtime_env={"env_vars": engine_environment(config)},
                **placement(config, group),
            )
            replicas.append(actor.remote(config, seed + number, ledger, role, number))
            groups += [group] if group is not None else []
        return cls(role, config, replicas, groups, ledger)

    def wait(self, on_wait: OnWait | None = None) -> "Pool":
        """Blocks until as many replicas answer as the pool has at least; `on_wait` takes a line on what is waited for.

        Replicas of a pool take alike long to start: one that is not up `hung_after_s` after another hangs, and is
        restarted.

        Raises:
            EngineError: a replica could not start, or not within half an hour.
        """
        began, waiting = time.monotonic(), Waiting(self.role, self.config, on_wait)
        self._pending = {replica.ready.remote(): number for number, replica in enumerate(self._replicas)}
        while self._look(1.0) < self.config.fewest_replicas:
            waited = time.monotonic() - began
            waiting.look(waited, len(self._up), [self._replicas[number] for number in self._pending.values()])
            if self._up and time.monotonic() - self._news > self.config.hung_after_s:
                self._restart_pending()
            if waited > START_TIMEOUT_S:
                raise EngineAwayError(
                    f"The {self.role} engine ({self.config.model}) had {len(self._up)} of "
                    f"{self.config.fewest_replicas} replicas ready after {waited:.0f} s. The cluster may lack "
                    f"{self.config.cpus} CPUs and {self.config.gpus} GPUs a replica: look at `ray status`."
                )
        return self

    def _look(self, seconds: float) -> int:
        """Which replicas have come up, waiting so long for news; how many there are."""
        if not self._pending:
            return len(self._up)
        done, _ = ray.wait(list(self._pending), num_returns=len(self._pending), timeout=seconds)
        try:
            for ref in done:
                try:
                    self._pids.update(ray.get(ref))
                except ray.exceptions.ActorUnavailableError:  # it died while it started, and Ray starts it again
                    time.sleep(0.5)
                    number = self._pending.pop(ref)
                    self._pending[self._replicas[number].ready.remote()] = number
                    continue
                self._up.append(self._pending.pop(ref))
                self._news = time.monotonic()
        except ray.exceptions.RayTaskError as e:
            raise e.cause if isinstance(e.cause, EngineError) else EngineError(_cannot_start(self, e)) from e
        except ray.exceptions.RayError as e:
            raise EngineError(_cannot_start(self, e)) from e
        return len(self._up)

    def _restart_pending(self) -> None:
        """Ends those that are not up; Ray starts them again, and those that wait for room go on waiting."""
        numbers = sorted(self._pending.values())
        for number in numbers:
            ray.kill(self._replicas[number], no_restart=False)
        self._pending = {self._replicas[number].ready.remote(): number for number in numbers}
        self._news = time.monotonic()

    def client(self, max_retries: int = 3, weights: str | None = None) -> PoolClient:
        """A client for workers; each worker keeps its own.

        `weights` names another model directory of the same architecture and tokenizer: the replicas load it in place
        at the client's first request. Clients of different weights must take turns, or they wait for each other.
        """
        model, price = weights or self.weights, self.config.price_per_million
        hung_after_s = None if self.config.engine == "openai_api" else self.config.hung_after_s
        return PoolClient(self.role, model, self._replicas, self._up, max_retries, price, hung_after_s)

    def turn_to(self, weights: str) -> None:
        """Has the replicas serve other weights from now on, loaded in place; clients name these if they name none.

        Args:
            weights: A directory of the same architecture and tokenizer, or of an adapter.

        Raises:
            EngineError: they cannot be loaded, or what is served then is something else.
        """
        self.weights = weights
        self._ask_all("turn_to", weights)

    def says_what_it_serves(self) -> bool:
        """Whether weights that are loaded in place are held against their files, in all replicas."""
        return all(self._ask_all("says_what_it_serves"))

    def _ask_all(self, name: str, *args: Any) -> list[Any]:
        """What the replicas that are up reply; one that died learns from its next request what it is to serve."""
        with contextlib.suppress(EngineError):
            self._look(0)
        asked = [getattr(self._replicas[number], name).remote(*args) for number in self._up]
        done, late = ray.wait(asked, num_returns=len(asked), timeout=START_TIMEOUT_S) if asked else ([], [])
        if late:
            raise EngineAwayError(
                f"{len(late)} of {len(asked)} replicas of the {self.role} engine ({self.config.model}) did not answer "
                f"between passes for {START_TIMEOUT_S:.0f} s, the time a start may take. Run the same command again."
            )
        replies = []
        for reply in done:
            try:
                replies.append(ray.get(reply))
            except ray.exceptions.RayTaskError as e:
                raise e.cause if isinstance(e.cause, EngineError) else EngineError(_broken(self, e)) from e
            except ray.exceptions.RayActorError:
                continue
        return replies

    def take_load(self) -> dict[str, Any] | None:
        """What the engines' own figures come to since this was asked before (`load.together`); None if there are none.

        Replicas that do not answer soon are left out.
        """
        with contextlib.suppress(EngineError):  # of those that came up late one may not have
            self._look(0)
        asked = [self._replicas[number].take_load.remote() for number in self._up]
        done, _ = ray.wait(asked, num_returns=len(asked), timeout=LOAD_TIMEOUT_S) if asked else ([], [])
        loads = []
        for ref in done:
            with contextlib.suppress(ray.exceptions.RayError):
                loads.append(ray.get(ref))
        found = [load for load in loads if load is not None]
        return together(found) if found else None

    def stop(self) -> None:
        """Ends all replicas and returns when the processes on this machine are gone."""
        if not ray.is_initialized():
            return
        with contextlib.suppress(EngineError):  # one that could not start has nothing to end
            self._look(0)
        stopping = [self._replicas[number].stop.remote() for number in self._up]
        if stopping:
            ray.wait(stopping, num_returns=len(stopping), timeout=STOP_TIMEOUT_S)
        if self._ledger is not None:
            ray.wait([self._ledger.close.remote()], timeout=STOP_TIMEOUT_S)
            ray.kill(self._ledger)
        for replica in self._replicas:
            ray.kill(replica)
        for group in self._groups:
            ray.util.remove_placement_group(group)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        local = {pid for pid in self._pids if psutil.pid_exists(pid)} if _is_local() else set()
        while local and time.monotonic() < deadline:
            time.sleep(0.05)
            local = {pid for pid in local if _alive(pid)}
        self._replicas, self._groups, self._up, self._pending = [], [], [], {}

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def engine_environment(config: EngineConfig) -> dict[str, str]:
    """Environment variables of a replica's process."""
    if config.engine in ("scripted", "openai_api"):
        return {}
    from dgrc.engines.vllm.engine import environment

    return environment(config)


def sibling_key(owner: int, step: str) -> int:
    """Key that keeps the requests of one question in one step together."""
    return hash64(str(owner), step) & 0x7FFFFFFF


def _cannot_start(pool: Pool, error: Exception) -> str:
    reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
    return f"The {pool.role} engine ({pool.config.model or pool.config.script}) could not start: {reason}"


def _broken(pool: Pool, error: Exception) -> str:
    reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
    return f"The {pool.role} engine ({pool.config.model}) broke between passes: {reason} Run the same command again."


def _is_local() -> bool:
    return len([n for n in ray.nodes() if n["Alive"]]) == 1


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
