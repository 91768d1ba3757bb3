"""Entry points that run on a cluster: `ray job submit --working-dir . -- python -m ray_jobs.run CONFIG`.

Each calls the `dgrc` command of the same name and nothing more, in the cluster that the job runs in. `dgrc submit` does
the submitting, and keeps one run from being worked on twice.
"""
