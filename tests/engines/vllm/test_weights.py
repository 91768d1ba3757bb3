"""vLLM's workers may use a CPU's AMX tiles. That other weights are loaded exactly is in test_engine.py."""

import subprocess
import sys
from pathlib import Path

import pytest

CPUINFO = Path("/proc/cpuinfo")
ASK = """
import ctypes

def may_use_tiles():
    allowed = ctypes.c_ulong()
    ctypes.CDLL(None).syscall(158, 0x1022, ctypes.byref(allowed))  # arch_prctl(ARCH_GET_XCOMP_PERM)
    return bool(allowed.value >> 18 & 1)

print(may_use_tiles())
import dgrc.engines.vllm.weights
print(may_use_tiles())
"""


@pytest.mark.skipif(not CPUINFO.exists() or "amx_tile" not in CPUINFO.read_text(), reason="needs a CPU with AMX")
def test_a_process_that_imports_the_extension_may_use_amx_tiles() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
