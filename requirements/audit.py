"""Are there known vulnerabilities in what requirements/cpu.txt pins? Asks pip-audit, and says so in one line.

    make audit

Exit status: 0 none is known, 1 some are, 2 it could not be found out (no pip-audit, no way to its service, or packages
that the service does not know).
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

LIST = Path(__file__).with_name("cpu.txt")


def ask() -> list[dict[str, Any]]:
    """What pip-audit says of each pinned package; ends the process if it says nothing."""
    beside = Path(sys.executable).with_name("pip-audit")
    program = str(beside) if beside.exists() else shutil.which("pip-audit")
    if program is None:
        end(2, "pip-audit is not installed; install it (pip install pip-audit) and run this again")
    command = [program, "-r", str(LIST), "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        return list(json.loads(done.stdout)["dependencies"])
    except subprocess.TimeoutExpired:
        end(2, "pip-audit had no answer from its service after ten minutes; run this again with a connection")
    except (ValueError, KeyError, TypeError):  # it ended in a trace, or in words
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        end(2, f"pip-audit could not ask its service; run this again with a connection ({last[:200]})")


def end(status: int, said: str) -> NoReturn:
    """Says how it went and ends."""
    sys.stderr.write(f"dgrc audit: {said}.\n")
    sys.exit(status)


def main() -> None:
    """Asks, names what is vulnerable, and ends."""
    packages = ask()
    bad = [package for package in packages if package.get("vulns")]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    for package in bad:
        found = package["vulns"]
        known = ", ".join(f"{v['id']} (mended in {', '.join(v['fix_versions']) or 'none yet'})" for v in found)
        sys.stdout.write(f"{package['name']} {package['version']}: {known}\n")
    if bad:
        end(1, f"{len(bad)} of {len(packages)} packages have known vulnerabilities")
    if unknown or not packages:
        named = ", ".join(unknown[:5])
        end(2, f"{len(unknown)} of {len(packages)} packages are not known to the service and were not checked: {named}")
    end(0, f"no known vulnerability in {len(packages)} packages")


if __name__ == "__main__":
    main()
