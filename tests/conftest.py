"""What all tests share: one thread a process, no network, examples that do not change from run to run in CI.

Test files mirror the package. Not covered, because no machine here has it: GPUs (vLLM's CUDA build, NCCL,
CPU offload), several nodes, and object stores; docs/support.md says what was run where.
"""

import os

from hypothesis import settings

# Before torch, Ray or vLLM is imported anywhere. Two processes of one thread beat one process of two.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")

# Other processes on the machine make single examples slow, so there is no deadline.
settings.register_profile("dgrc", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("dgrc")
