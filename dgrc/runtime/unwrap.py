"""What lies under Ray's wrapping: an error that came back from a worker in, the error of ours inside it out.

Ray Data replaces what a worker raises by classes of its own, drops the original on the way between
processes, and appends advice on its own settings. What always survives is the text of the worker's
traceback, so our error is read from there.
"""

import re
from collections.abc import Iterator

from ray.exceptions import (
    ActorDiedError,
    ActorUnavailableError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayError,
    RpcError,
    WorkerCrashedError,
)

from dgrc import errors
from dgrc.errors import DgrcError

CLUSTER = (
    ActorDiedError, ActorUnavailableError, NodeDiedError, ObjectLostError, OutOfMemoryError, RpcError,
    WorkerCrashedError,
)  # fmt: skip
"""What Ray raises when a machine or a process of the cluster is lost, not when a row or an engine is wrong."""
_OURS = re.compile(r"^dgrc\.errors\.(\w+): (.+)$", re.MULTILINE)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it carries, outermost first."""
    seen: list[BaseException] = []
    inner: object = error
    while isinstance(inner, BaseException) and inner not in seen:
        seen.append(inner)
        yield inner
        inner = getattr(inner, "cause", None) or inner.__cause__


def own_error(error: BaseException) -> DgrcError | None:
    """The error of ours that an error is or carries, with its own message, or None."""
    for cause in causes(error):
        if isinstance(cause, DgrcError) and not isinstance(cause, RayError):
            return cause
        found = _OURS.findall(str(cause)) if isinstance(cause, RayError) else []
        if found:
            name, message = found[-1]  # tracebacks print what caused an error before the error
            kind = getattr(errors, name, DgrcError)
            return kind(message)
    return None


def is_of_cluster(error: BaseException) -> bool:
    """Whether a machine or a process was lost, so that the same work may succeed on what is left of the cluster."""
    if own_error(error) is not None:
        return False
    return any(isinstance(c, CLUSTER) and not getattr(c, "actor_init_failed", False) for c in causes(error))
