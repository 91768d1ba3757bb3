"""Replicas of one engine as Ray actors, shared by every worker that has requests for it.

`Pool.start` brings the replicas up and waits until each answers; `Pool.client` gives a picklable
`PoolClient` that workers anywhere in the cluster use at the same time. Clients learn each replica's
queue depth from its replies and send a request to the less busy of two candidates; the candidates
follow from the request's sibling key, so that requests which share a prompt prefix meet in one cache.

A request on a replica that dies is asked again, a bounded number of times, of a replica that lives;
Ray restarts the dead one. `Pool.stop` returns when all processes of the replicas are gone.
"""

import asyncio
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import psutil
import ray

from dgrc.config import EngineConfig, Price
from dgrc.engines.base import Completion, Engine, Request
from dgrc.engines.ledger import Ledger, SharedAccounts
from dgrc.engines.scripted import ScriptedEngine
from dgrc.errors import EngineError
from dgrc.records import hash64

START_TIMEOUT_S = 1800.0
STOP_TIMEOUT_S = 60.0
MAX_CALLS_IN_FLIGHT = 4096


@ray.remote(max_restarts=3, max_task_retries=0)
class Replica:
    """One engine in one actor. Counts what is in flight and says so with each reply."""

    def __init__(self, config: EngineConfig, seed: int, ledger: Any | None = None):
        self._engine = make_engine(config, seed, ledger)
        self._ready: asyncio.Task[None] | None = None
        self._depth = 0
        self._weights = config.weights
        self._switching = asyncio.Lock()

    async def ready(self) -> list[int]:
        """Waits for the engine and returns the pids of all its processes."""
        if self._ready is None:
            self._ready = asyncio.ensure_future(self._engine.start())
        await self._ready
        me = psutil.Process()
        return [me.pid, *(child.pid for child in me.children(recursive=True))]

    async def generate(self, request: Request, weights: str) -> tuple[Completion, int]:
        """One request served by the weights of that directory, with the number of requests still in flight here.

        Every request names its weights, because a replica that Ray restarted begins with its first ones again.
        """
        await self.ready()
        while weights != self._weights:
            await self._switch(weights)
        self._depth += 1
        try:
            return await self._engine.generate(request), self._depth - 1
        except EngineError:  # it is well and says why no request will be served: a budget, a key, a server that is gone
            raise
        except Exception:  # noqa: BLE001 - whatever it was, this process must not serve another request
            # The engine is broken and would fail every later request too. Ending the process lets
            # Ray restart the actor and the client ask again, where an error would come back for ever.
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        finally:
            self._depth -= 1

    async def _switch(self, weights: str) -> None:
        async with self._switching:
            if weights == self._weights:
                return
            self._weights = ""  # from here on every request waits
            while self._depth:
                await asyncio.sleep(0.01)
            await self._engine.load(weights)
            self._weights = weights

    async def stop(self) -> None:
        """Ends the engine's processes."""
        self._engine.stop()


class PoolClient:
    """Sends requests to the replicas of one pool. Picklable; many may be used at once."""

    def __init__(self, role: str, model: str, replicas: list[Any], max_retries: int, price: Price | None = None):
        self.role = role
        self.model = model
        self.price = price
        self._replicas = replicas
        self._max_retries = max_retries
        self._reported = [0] * len(replicas)
        self._sent = [0] * len(replicas)

    async def generate(self, request: Request, sibling: int = 0) -> Completion:
        """Serves one request.

        Args:
            request: What to generate.
            sibling: Requests with the same key prefer the same replicas.

        Raises:
            EngineError: replicas died under this request more often than `max_retries`.
        """
        deaths = attempt = 0
        waiting_since: float | None = None
        while True:
            index = self._choose(sibling, attempt)
            attempt += 1
            self._sent[index] += 1
            try:
                completion, depth = await self._replicas[index].generate.remote(request, self.model)
                self._reported[index] = depth
                return completion
            except ray.exceptions.RayTaskError as e:  # other weights could not be loaded
                if isinstance(e.cause, EngineError):
                    raise e.cause from e
                raise
            except ray.exceptions.ActorUnavailableError as e:  # it died and is coming back
                waiting_since = waiting_since or time.monotonic()
                if time.monotonic() - waiting_since > START_TIMEOUT_S:
                    raise EngineError(self._given_up(f"stayed away for {START_TIMEOUT_S:.0f} s", e)) from e
            except ray.exceptions.RayActorError as e:
                deaths += 1
                if deaths > self._max_retries:
                    raise EngineError(self._given_up(f"died under the same request {deaths} times", e)) from e
            finally:
                self._sent[index] -= 1
            self._reported[index] += MAX_CALLS_IN_FLIGHT  # shun it until it answers again
            await asyncio.sleep(min(0.5 * 2**attempt, 5))

    def _given_up(self, what: str, error: Exception) -> str:
        return (
            f"The {self.role} engine ({self.model}) {what}: {str(error).splitlines()[0]} Look into the worker logs of "
            "the Ray session; give the replica more memory or a shorter max_model_len, then resume."
        )

    def _choose(self, sibling: int, attempt: int) -> int:
        n = len(self._replicas)
        first = (sibling + attempt) % n
        second = (sibling // n + first + 1) % n
        return min((first, second), key=lambda i: self._reported[i] + self._sent[i])


class Pool:
    """The replicas of one engine. Use as a context manager: leaving it ends them all."""

    def __init__(self, role: str, config: EngineConfig, replicas: list[Any], ledger: Any | None = None):
        self.role = role
        self.config = config
        self._replicas = replicas
        self._ledger = ledger
        self._pids: set[int] = set()

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
            ledger = ray.remote(Ledger).options(num_cpus=0).remote(config.api, config.price_per_million, spent_file)
        actor = Replica.options(  # type: ignore[attr-defined]
            num_cpus=config.cpus,
            num_gpus=config.gpus,
            max_concurrency=MAX_CALLS_IN_FLIGHT,
            runtime_env={"env_vars": engine_environment(config)},
        )
        replicas = [actor.remote(config, seed + i, ledger) for i in range(config.replicas)]
        return cls(role, config, replicas, ledger)

    def wait(self, on_wait: Callable[[float], None] | None = None) -> "Pool":
        """Blocks until every replica answers.

        Raises:
            EngineError: a replica could not start, or not within half an hour.
        """
        began = time.monotonic()
        pending = [replica.ready.remote() for replica in self._replicas]
        while pending:
            done, pending = ray.wait(pending, num_returns=len(pending), timeout=1.0)
            try:
                for pids in ray.get(done):
                    self._pids.update(pids)
            except ray.exceptions.RayTaskError as e:
                raise e.cause if isinstance(e.cause, EngineError) else EngineError(_cannot_start(self, e)) from e
            except ray.exceptions.RayError as e:
                raise EngineError(_cannot_start(self, e)) from e
            waited = time.monotonic() - began
            if on_wait:
                on_wait(waited)
            if waited > START_TIMEOUT_S:
                raise EngineError(
                    f"The {self.role} engine ({self.config.model}) was not ready after {waited:.0f} s. The cluster may "
                    f"lack {self.config.cpus} CPUs and {self.config.gpus} GPUs a replica: look at `ray status`."
                )
        return self

    def client(self, max_retries: int = 3, weights: str | None = None) -> PoolClient:
        """A client for workers; each worker keeps its own.

        `weights` names another model directory of the same architecture and tokenizer: the replicas load it in place
        at the client's first request. Clients of different weights must take turns, or they wait for each other.
        """
        price = self.config.price_per_million
        return PoolClient(self.role, weights or self.config.weights, self._replicas, max_retries, price)

    def stop(self) -> None:
        """Ends all replicas and returns when the processes on this machine are gone."""
        if not ray.is_initialized():
            return
        stopping = [replica.stop.remote() for replica in self._replicas]
        ray.wait(stopping, num_returns=len(stopping), timeout=STOP_TIMEOUT_S)
        if self._ledger is not None:
            ray.wait([self._ledger.close.remote()], timeout=STOP_TIMEOUT_S)
            ray.kill(self._ledger)
        for replica in self._replicas:
            ray.kill(replica)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        local = {pid for pid in self._pids if psutil.pid_exists(pid)} if _is_local() else set()
        while local and time.monotonic() < deadline:
            time.sleep(0.05)
            local = {pid for pid in local if _alive(pid)}
        self._replicas = []

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def make_engine(config: EngineConfig, seed: int, ledger: Any | None) -> Engine:
    """The engine that a section of the configuration asks for; one for an API shares the limits of a ledger actor."""
    if config.engine == "scripted":
        return ScriptedEngine(config, seed)
    if config.engine == "openai_api":
        from dgrc.engines.openai_api import OpenAIEngine

        return OpenAIEngine(config, SharedAccounts(ledger))
    if config.engine == "embedding":
        from dgrc.engines.embedding import EmbeddingEngine

        return EmbeddingEngine(config, seed)
    from dgrc.engines.vllm_local import VllmEngine

    return VllmEngine(config, seed)


def engine_environment(config: EngineConfig) -> dict[str, str]:
    """Environment variables of a replica's process."""
    if config.engine in ("scripted", "openai_api"):
        return {}
    from dgrc.engines.vllm_local import environment

    return environment(config)


def sibling_key(owner: int, step: str) -> int:
    """Key that keeps the requests of one question in one step together."""
    return hash64(str(owner), step) & 0x7FFFFFFF


def _cannot_start(pool: Pool, error: Exception) -> str:
    reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
    return f"The {pool.role} engine ({pool.config.model or pool.config.script}) could not start: {reason}"


def _is_local() -> bool:
    return len([n for n in ray.nodes() if n["Alive"]]) == 1


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
