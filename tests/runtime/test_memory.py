"""Memory of a process tree, measured on a child that really holds some.

In a process of its own: beside other tests' Ray sessions the tree would grow and shrink by itself.
"""

import json
import subprocess
import sys

from tests.paths import ROOT

MIB = 2**20
MEASURE = """
import json, subprocess, sys
from dgrc.runtime.memory import PeakMemory, tree_pss

with PeakMemory() as idle:
    pass
before = tree_pss()
hold = "data = bytearray(b'x' * (96 * 2**20)); print('held', flush=True); input()"
with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
    child.stdout.readline()
    with PeakMemory() as memory:
        during = tree_pss()
    child.communicate(b"\\n")
print(json.dumps([idle.gb, before, during, memory.gb, tree_pss()]))
"""


def test_a_childs_memory_counts_and_the_peak_outlives_it() -> None:
    run = subprocess.run([sys.executable, "-c", MEASURE], cwd=ROOT, capture_output=True, text=True, check=True)
    idle, before, during, peak, after = json.loads(run.stdout)
    assert idle > 0, "even the shortest stay is measured once"
    assert during - before > 90 * MIB
    assert peak * 1e9 > before + 90 * MIB
    assert after - before < 10 * MIB
