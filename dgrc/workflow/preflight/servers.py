"""Servers of APIs: keys that are not set, and servers that do not answer, or not as they must. Findings out.

Each is asked once for its models, as its engine does when it starts (`engines/api/chat.py`); nothing is generated. That
nobody listens is known at once; one that took the connection may be slow, and is waited for longer.
"""

import asyncio
import os
from collections.abc import Collection, Iterator

from dgrc.config import Config, EngineConfig
from dgrc.config.passed_on.servers import variable_of
from dgrc.errors import DgrcError, EngineError
from dgrc.runtime.driver import finish
from dgrc.runtime.extras import engines_of
from dgrc.workflow.preflight.findings import Finding

CONNECT_S = 5.0
"""Longest wait for a server to take the connection."""
ANSWER_S = 30.0
"""Longest wait for its answer: one that loads its weights when it is asked is slow, and well."""
HTTP = "HTTP "
"""How a failure is said that may pass: the server is there, and its engine asks it again."""


def keys_are_set(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    """Environment variables that requests need and that are not set."""
    for role, engine in engines_of(config, parts).items():
        for setting, variable in _variables(engine).items():
            if not os.environ.get(variable):
                state = "is empty" if variable in os.environ else "is not set here"
                words = f"the environment variable {variable} {state}. Set it before you start; files hold no keys."
                yield Finding(f"{role}.api.{setting}", words, EngineError)


def servers_answer(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    """Servers that are away, refuse the key, or lack the model. Those whose keys are not set are not asked."""
    asked = {
        role: engine
        for role, engine in engines_of(config, parts).items()
        if engine.api is not None and all(os.environ.get(variable) for variable in _variables(engine).values())
    }
    if asked:
        yield from filter(None, finish(_ask(asked)))


def _variables(engine: EngineConfig) -> dict[str, str]:
    if engine.api is None:
        return {}
    wanted = {f"extra_headers.{name}": variable_of(value) for name, value in engine.api.extra_headers.items()}
    return wanted | ({"key_env": engine.api.key_env} if engine.api.key_env else {})


async def _ask(engines: dict[str, EngineConfig]) -> list[Finding | None]:
    return await asyncio.gather(*(_answers(f"{role}.api", engine) for role, engine in engines.items()))


async def _answers(setting: str, engine: EngineConfig) -> Finding | None:
    import aiohttp

    from dgrc.engines.api.chat import OpenAIEngine
    from dgrc.engines.api.ledger import Ledger, LocalAccounts

    assert engine.api is not None
    asking = OpenAIEngine(engine, LocalAccounts(Ledger(engine.api, None, None)))
    try:
        answer = await asking.look(aiohttp.ClientTimeout(total=ANSWER_S, connect=CONNECT_S))
    except DgrcError as e:
        return Finding.of(setting, e)
    finally:
        await asking.close()
    problem = asking.problem(answer)
    return Finding(setting, problem, EngineError, stops=not answer.says.startswith(HTTP)) if problem else None
