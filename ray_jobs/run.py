"""The whole main job: `python -m ray_jobs.run CONFIG [--set A.B=C]`."""

from ray_jobs.entry import enter

if __name__ == "__main__":
    enter("run")
