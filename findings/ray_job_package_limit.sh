#!/bin/sh
# Ray 2.60: a job's working directory above 100 MiB is refused by the dashboard, although the client takes up to 512.
#
# `JobSubmissionClient` packs `working_dir` and sends it to the dashboard. The client checks the size itself and lets
# through what is below 512 MiB; the dashboard's HTTP server takes bodies of at most 100 MiB and answers 413, after the
# upload. Right: one limit, told before. Known upstream as ray-project/ray issue 55877, open when seen.
# Output: 413 for 101 MiB ("Maximum request body size 104857600 exceeded"), not for 99.
# Source: ray/_private/ray_constants.py (`DASHBOARD_CLIENT_MAX_SIZE`), runtime_env/packaging.py (`GCS_STORAGE_MAX_SIZE`);
# Ray's page on runtime environments. Seen 2026-11-28.
. "$(dirname "$0")/common"
install 'ray[default]==2.60.0'
try_it <<'END'
import logging
import os
import pathlib
import ray
from ray.job_submission import JobSubmissionClient

def submit(mib):
    folder = pathlib.Path(f"job-{mib}")
    folder.mkdir()
    (folder / "data.bin").write_bytes(os.urandom(mib << 20))
    try:
        client.submit_job(entrypoint="true", runtime_env={"working_dir": str(folder)})
    except (RuntimeError, ValueError) as error:  # beside another Ray it may find no agent to start the job with
        return next(line for line in str(error).splitlines() if line.strip())
    return "taken"

cluster = ray.init(num_cpus=1, include_dashboard=True, log_to_driver=False, logging_level=logging.ERROR)
client = JobSubmissionClient("http://" + cluster.dashboard_url)
seen = {mib: submit(mib) for mib in (99, 101)}
ray.shutdown()
for mib, what in seen.items():
    print(f"a working_dir of {mib} MiB: {what}")
assert "413" not in seen[99] and "413" in seen[101]
END
