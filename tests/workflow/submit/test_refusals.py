"""What a cluster says when it refuses comes to the user with what to do."""

import pytest
import requests

from dgrc.errors import JobError
from dgrc.workflow.submit.refusals import asking, refused

TRACE = "Request failed with status code 500: Traceback (most recent call last):\n  File x\n\nValueError: {}\n."
"""As a dashboard answers."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError(TRACE.format("Maximum request body size 104857600 exceeded, actual body size 157286400")),
         "not so: ValueError: Maximum request body size 104857600 exceeded, actual body size 157286400. The package is "
         "larger than"),
        (RuntimeError("Request failed with status code 500: No available agent to submit job."),
         "Wait until `ray status`"),
        (type("AuthenticationError", (Exception,), {})("no token"), "put the cluster's token into RAY_AUTH_TOKEN"),
        (requests.exceptions.ConnectionError("Max retries exceeded"), "`dgrc jobs list` finds it"),
        (RuntimeError("Job dgrc-a-1 does not exist"), "See `dgrc jobs list`"),
        (RuntimeError("Failed to set up runtime_env"), "runtime_env_setup*.log"),
        (RuntimeError(TRACE.format("no disk")), "ValueError: no disk. See dashboard.log"),
        (RuntimeError(""), "not so: RuntimeError. See dashboard.log"),
    ],
)  # fmt: skip
def test_a_refusal_comes_with_its_cause_and_advice(error: Exception, words: str) -> None:
    assert words in str(refused("not so", error))


def test_whatever_ray_raises_becomes_one_error_and_ours_stays() -> None:
    with pytest.raises(JobError, match=r"The list: gone\. See"), asking("The list"):
        raise RuntimeError("gone")
    with pytest.raises(JobError, match=r"^mine$"), asking("The list"):
        raise JobError("mine")
