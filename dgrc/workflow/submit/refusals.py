"""What a cluster says when it refuses, and what to do about it: Ray's exceptions in, an error for the user out."""

import contextlib
from collections.abc import Iterator

from dgrc.errors import JobError

ADVICE = (
    (("Maximum request body size", "TooLarge", "status code 413"),
     "The package is larger than the cluster's dashboard takes: list what the job does not need in a file .rayignore, "
     "or have the cluster's own limit raised."),
    (("No available agent",),
     "No node of the cluster can start a job yet. Wait until `ray status` shows one, and look into dashboard_agent.log "
     "on the head node if none comes."),
    (("Authentication", "authentication", "status code 401", "status code 403"),
     "Set RAY_AUTH_MODE=token and put the cluster's token into RAY_AUTH_TOKEN or ~/.ray/auth_token."),
    (("Failed to connect", "Connection", "Max retries", "Timeout", "timed out",
      "status code 502", "status code 503", "status code 504"),
     "It may have ended, or the way to it is cut: see that its dashboard answers in a browser, then run the same "
     "command again. A job that was started goes on without you, and `dgrc jobs list` finds it."),
    (("does not exist", "status code 404"), "See `dgrc jobs list` for the jobs that the cluster knows."),
    (("untime_env", "untime env"),
     "It could not take the package in: see runtime_env_setup*.log below the head node's Ray logs."),
)  # fmt: skip
"""What to do by words of what was said, the first that fits."""
OTHERWISE = "See dashboard.log among the Ray logs of the cluster's head node for the reason."


@contextlib.contextmanager
def asking(what: str) -> Iterator[None]:
    """Turns whatever Ray raises inside into `JobError`: "{what}: what was said", and what to do.

    Ray's client raises RuntimeError for all that a server says, and what `requests` raises for the way to it.
    """
    try:
        yield
    except JobError:
        raise
    except Exception as e:
        raise refused(what, e) from e


def refused(what: str, error: Exception) -> JobError:
    """The error for the user."""
    text = f"{type(error).__name__}: {error}"
    advice = next((words for needles, words in ADVICE if any(needle in text for needle in needles)), OTHERWISE)
    said = said_of(error)
    return JobError(f"{what}: {said}{'' if said.endswith(('.', '!', '?')) else '.'} {advice}")


def said_of(error: Exception) -> str:
    """What an exception says, in a line: of a server's trace the last one, which names the cause, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" .")]
    if not lines:
        return type(error).__name__
    line = lines[-1 if "Traceback (most recent call last)" in str(error) else 0][:500]
    return line[:-1] if line.endswith("..") else line  # Ray ends what a server said with a stop of its own
