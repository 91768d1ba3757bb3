"""What the entry points share: the command line of `dgrc`, in the cluster that runs the job."""

import os
import sys
from collections.abc import Sequence

HERE = "ray.address=auto"


def arguments(command: str, given: Sequence[str], in_cluster: bool) -> list[str]:
    """The arguments of `dgrc`: those given, and the cluster that is there unless they name one."""
    named = any(value.startswith("ray.address=") for value in given)
    return [command, *given, *(["--set", HERE] if in_cluster and not named else [])]


def enter(command: str) -> None:
    """Runs a `dgrc` command with this process's arguments; Ray sets RAY_ADDRESS for jobs of a cluster."""
    from dgrc.cli import main

    main(arguments(command, sys.argv[1:], "RAY_ADDRESS" in os.environ), prog_name="dgrc")
