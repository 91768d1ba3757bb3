"""The engines of a curation: sections of roles in, a ready pool for each out.

A role's pool starts when a pass first needs it and ends after the last that does, unless it is one that is kept: then
it serves what comes later too, in a later round other weights of the same model.
"""

import time
from collections.abc import Callable, Collection, Mapping

from dgrc.config import Config, EngineConfig
from dgrc.engines.pool import Pool
from dgrc.storage.run_dir import RunDir


class Engines:
    """The pools that are up, by role. Use as a context manager: leaving it ends them all.

    Args:
        say: Takes one line for the user at a time.
        kept: Roles whose pools stay though no pass needs them any more.
    """

    def __init__(self, say: Callable[[str], None], kept: Collection[str] = ()):
        self._say, self._kept = say, set(kept)
        self._pools: dict[str, Pool] = {}

    def __enter__(self) -> "Engines":
        return self

    def __exit__(self, *_: object) -> None:
        for role in list(self._pools):
            self.stop(role)

    def ready(self, sections: Mapping[str, EngineConfig], config: Config) -> dict[str, Pool]:
        """Ready pools for these roles by their sections; those missing start side by side.

        One that is up turns to the weights that its section names now.
        """
        for role, engine in sections.items():
            self._turn(role, engine)
        began = time.monotonic()
        missing = [role for role in sections if role not in self._pools]
        for role in missing:
            spent = str(RunDir.of(config).spending(role))
            self._pools[role] = Pool.start(role, sections[role], config.seed, spent)
        for role in missing:
            self._pools[role].wait(self._say)
        if missing:
            self._say(f"  engines  {' and '.join(missing)} ready after {time.monotonic() - began:.0f} s")
        return {role: self._pools[role] for role in sections}

    def _turn(self, role: str, engine: EngineConfig) -> None:
        """Has a pool that is up serve what its section names by now, or ends one that cannot."""
        pool = self._pools.get(role)
        if pool is None:
            return
        if pool.config.model_copy(update={"model": engine.model, "adapter": engine.adapter}) != engine:
            self.stop(role)
        elif pool.weights != engine.weights:
            began = time.monotonic()
            pool.turn_to(engine.weights)
            self._say(f"  engines  {role} turned to {engine.weights} in {time.monotonic() - began:.1f} s")

    def up(self, role: str) -> Pool | None:
        """The pool of a role, if it is up."""
        return self._pools.get(role)

    def student_can_turn(self) -> bool:
        """Whether the student's pool, which is up, can say what it serves once it has turned to other weights."""
        return self._pools["student"].says_what_it_serves()

    def keeps(self, role: str) -> bool:
        """Whether a role's pool stays though no pass needs it any more."""
        return role in self._kept

    def release(self, needed: Collection[str]) -> None:
        """Ends the pools that are neither needed nor kept."""
        for role in set(self._pools) - set(needed) - self._kept:
            self.stop(role)

    def stop(self, role: str) -> None:
        """Ends a role's pool, if it is up."""
        if pool := self._pools.pop(role, None):
            pool.stop()
