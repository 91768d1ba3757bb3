"""Machines for tests: each a set of Linux namespaces with its own network address, processes, name and disk.

All lie in one outer set of namespaces (`enter`), so that whatever happens to the test, the kernel takes its machines,
mounts and network away with it. A machine sees the operating system read-only, its own empty /tmp, /var/tmp, /dev/shm
and home, and one folder that all share: nothing that one writes elsewhere can be read by another. It has no way out to
any other network. Where namespaces are refused, `Machines(apart=False)` starts plain processes on loopback, which share
everything; whoever uses them says so.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil

from tests.paths import ROOT

OUTSIDE = "10.77.0.1"
"""Address of the bridge that the machines are plugged into: from where a test reaches them, and they reach it."""
PLUG_TIMEOUT_S = 20.0
_UNSHARE = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_WORLD = (
    "ip link set lo up && ip link add machines type bridge && "
    f"ip addr add {OUTSIDE}/24 dev machines && ip link set machines up"
)
_BOOT = """
set -e
mount -t tmpfs tmpfs /mnt
mkdir /mnt/shared /mnt/venv
mount --bind "$SHARED" /mnt/shared
if [ -d "$ROOT/.venv" ]; then mount --bind "$ROOT/.venv" /mnt/venv; fi  # before /tmp goes, where it may lie
for own in /tmp /var/tmp /dev/shm; do mount -t tmpfs tmpfs "$own"; done
mkdir -p "$ROOT"
mount -t tmpfs tmpfs "$ROOT"
if [ -n "$(ls /mnt/venv)" ]; then mkdir "$ROOT/.venv"; mount --bind /mnt/venv "$ROOT/.venv"; fi
mkdir -p "$SHARED" "$HOME"
mount --bind /mnt/shared "$SHARED"
echo "127.0.0.1 localhost" > /tmp/hosts
for pair in $HOSTS; do echo "${pair%=*} ${pair#*=}" >> /tmp/hosts; done
mount --bind /tmp/hosts /etc/hosts
umount -l /mnt
mount -o remount,ro,bind /
hostname "$NAME"
echo booted
read plugged
ip link set lo up
ip addr add "$ADDRESS/24" dev "$CABLE"
ip link set "$CABLE" up
cd "$HOME"
"$@" &
wait $!
"""


def enter() -> list[str] | None:
    """What goes before a command that is to find itself in the outer namespaces; None where they are refused."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return None
    for rights in ([], ["--user", "--map-root-user"]):
        world = [*_UNSHARE, *rights, "sh", "-c"]
        trial = f'{_WORLD} && mount -t tmpfs tmpfs /mnt && {" ".join(_UNSHARE)} --uts true'
        if subprocess.run([*world, trial], capture_output=True, check=False).returncode == 0:
            return [*world, f'{_WORLD} && exec "$@"', "sh"]
    return None


@dataclass
class Machine:
    """A machine that is on. `address` is where others reach it, `log` what it says."""

    name: str
    address: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def off(self) -> None:
        """Ends all its processes at once, as when the power goes."""
        try:
            doomed = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            doomed = []
        self.process.kill()
        for process in doomed:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait(timeout=60)


class Machines:
    """Starts machines and sees to it that all are off when it is left.

    Args:
        folder: An existing folder for logs and, under `shared`, for what all machines see.
        apart: Each in namespaces of its own; the caller is in those that `enter` makes.
        checkout: What of this machine they must not see, but for its environment.
    """

    NAMES = ("head", "students", "teachers", "late", "one", "two")

    def __init__(self, folder: Path, apart: bool, checkout: Path = ROOT):
        self.folder, self.apart, self.checkout = folder, apart, checkout
        self.shared = folder / "shared"
        self.shared.mkdir(exist_ok=True)
        self.litter: list[Path] = []
        """Folders outside `folder` that machines which are not apart leave behind; removed at the end."""
        self._on: list[Machine] = []

    def address(self, name: str) -> str:
        """Where a machine is reached, on or off."""
        return f"10.77.0.{10 + self.NAMES.index(name)}" if self.apart else "127.0.0.1"

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Machine:
        """Starts a machine that runs one command, in a home of its own; it is off when the command ends."""
        log = self.folder / f"{name}.log"
        home = Path("/tmp/home") if self.apart else self.folder / name
        env = {**env, "HOME": str(home)}
        with open(log, "ab") as said:
            if not self.apart:
                home.mkdir()
                process = subprocess.Popen(command, env=env, cwd=home, stdout=said, stderr=said, start_new_session=True)
            else:
                hosts = " ".join(f"{self.address(other)}={other}" for other in self.NAMES)
                env |= {"NAME": name, "ADDRESS": self.address(name), "CABLE": f"to-{name}", "HOSTS": hosts}
                env |= {"SHARED": str(self.shared), "ROOT": str(self.checkout)}
                boot = [*_UNSHARE, "--uts", "sh", "-c", _BOOT, "sh", *command]
                process = subprocess.Popen(boot, env=env, stdin=subprocess.PIPE, stdout=said, stderr=said)
        machine = Machine(name, self.address(name), process, log)
        self._on.append(machine)
        if self.apart:
            self._plug_in(machine)
        return machine

    def _plug_in(self, machine: Machine) -> None:
        """Lays a cable from the bridge to a machine that has booted and waits for one."""
        deadline = time.monotonic() + PLUG_TIMEOUT_S
        while b"booted" not in machine.log.read_bytes():
            if machine.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The machine {machine.name} did not boot: {machine.log.read_text()}")
            time.sleep(0.02)
        end = f"to-{machine.name}"
        for words in (
            f"link add at-{machine.name} type veth peer name {end}",
            f"link set {end} netns {machine.process.pid}",
            f"link set at-{machine.name} master machines up",
        ):
            subprocess.run(["ip", *words.split()], check=True)
        assert machine.process.stdin is not None
        machine.process.stdin.write(b"plugged\n")
        machine.process.stdin.flush()

    def __enter__(self) -> "Machines":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for machine in reversed(self._on):
            machine.off()
        for path in self.litter:
            shutil.rmtree(path, ignore_errors=True)


def environment() -> dict[str, str]:
    """What a machine's processes inherit: our Python first, nothing of a Ray session here, and no internet."""
    ours = str(Path(sys.executable).parent)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "AWS_"))}
    return kept | {"PATH": f"{ours}{os.pathsep}{os.environ['PATH']}", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
