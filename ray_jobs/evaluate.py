"""The student, held against base, teacher and baselines: `python -m ray_jobs.evaluate CONFIG [--set A.B=C]`."""

from ray_jobs.entry import enter

if __name__ == "__main__":
    enter("evaluate")
