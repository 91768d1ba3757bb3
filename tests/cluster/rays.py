"""A Ray cluster on test machines: a head with its Jobs API behind a token, and nodes that join and leave."""

import json
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.machines import ROOT, Machine, Machines, environment

START_TIMEOUT_S = 120.0
PORT, DASHBOARD = 6379, 8265


class RayCluster:
    """Ray on machines. The head is `machines`' first; every node reserves object store for small blocks alone.

    Args:
        machines: Where nodes are started.
        env: Environment variables of every node beside the usual ones.
    """

    def __init__(self, machines: Machines, env: Mapping[str, str]):
        self.machines = machines
        self.env = environment() | {
            "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_USAGE_STATS_ENABLED": "0", **env,
        }  # fmt: skip
        self._port, self._dashboard = (PORT, DASHBOARD) if machines.apart else (_free_port(), _free_port())

    @property
    def url(self) -> str:
        """Address of the dashboard and its Jobs API."""
        return f"http://{self.machines.address('head')}:{self._dashboard}"

    def head(self, cpus: int, resources: Mapping[str, float]) -> Machine:
        """Starts the head and returns when its Jobs API answers."""
        head = self._start("head", cpus, resources, [
            "--head", f"--port={self._port}", f"--dashboard-port={self._dashboard}",
            f"--dashboard-host={self.machines.address('head')}",
        ])  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if head.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Ray's head did not start: {head.log.read_text()}")
            time.sleep(0.2)
        return head

    def join(self, name: str, cpus: int, resources: Mapping[str, float]) -> Machine:
        """Starts a machine whose node joins; does not wait for it."""
        return self._start(name, cpus, resources, [f"--address={self.machines.address('head')}:{self._port}"])

    def dgrc(self, *args: str, log: Path) -> "subprocess.Popen[bytes]":
        """Starts a `dgrc` command from outside the cluster; what it says goes to `log`."""
        env = self.env | {"RAY_API_SERVER_ADDRESS": self.url, "HOME": str(self.machines.folder)}
        with open(log, "ab") as said:
            return subprocess.Popen([sys.executable, "-m", "dgrc", *args], env=env, cwd=ROOT, stdout=said, stderr=said)

    def _start(self, name: str, cpus: int, resources: Mapping[str, float], more: list[str]) -> Machine:
        temp = "/tmp/ray" if self.machines.apart else f"/tmp/dgrc-{self._port}-{name}"  # sockets want a short path
        command = [
            str(Path(sys.executable).parent / "ray"), "start", "--block", f"--num-cpus={cpus}", f"--temp-dir={temp}",
            f"--node-ip-address={self.machines.address(name)}", f"--resources={json.dumps(dict(resources))}",
            "--object-store-memory=200000000", *more,
        ]  # fmt: skip
        if not self.machines.apart:
            self.machines.litter.append(Path(temp))
            ports = ("dashboard-agent-listen-port", "metrics-export-port", "runtime-env-agent-port")
            command += [f"--{port}={_free_port()}" for port in ports]
        return self.machines.start(name, command, self.env)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/api/version", timeout=5)
        except urllib.error.HTTPError:  # it answers, and wants the token
            return True
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
