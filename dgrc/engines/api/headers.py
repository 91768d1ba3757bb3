"""Headers of every request to a server: the settings of its API in, headers and what of them is secret out.

Keys and values come from the environment of the process that asks, and are never written.
"""

import os

from dgrc.config import ApiConfig
from dgrc.config.passed_on.servers import variable_of
from dgrc.errors import EngineError


def headers_of(api: ApiConfig) -> tuple[dict[str, str], dict[str, str]]:
    """The headers, and for each secret among them what stands for it in what is told.

    Raises:
        EngineError: a variable that the settings name is not set, or holds what no header can have.
    """
    headers, secrets = _authorization(api), dict[str, str]()
    if key := headers.get("Authorization", "").removeprefix("Bearer "):
        secrets[key] = "[the key]"
    for name, value in _further(api).items():
        headers[name] = value
        secrets[value] = f"[the value of {name}]"
    return headers, secrets


def _authorization(api: ApiConfig) -> dict[str, str]:
    if not api.key_env:
        return {}
    key = os.environ.get(api.key_env)
    if not key:
        raise EngineError(
            f"The environment variable {api.key_env!r} with the key of {api.base_url} is not set where the replica "
            "runs. Set it before the cluster starts (dgrc takes no key from a file), or `api.key_env: ''` if the "
            "server wants none."
        )
    return {"Authorization": f"Bearer {key}"}


def _further(api: ApiConfig) -> dict[str, str]:
    """The headers that the settings name, with their values from this process's environment."""
    found = {}
    for name, given in api.extra_headers.items():
        variable = variable_of(given)
        value = os.environ.get(variable, "")
        if not value or not value.isprintable():
            state = "is not set" if not value else "holds a line break or another character that no header can have,"
            raise EngineError(
                f"The environment variable {variable!r} with the header {name} for {api.base_url} {state} where the "
                "replica runs. Set it before the cluster starts."
            )
        found[name] = value
    return found
