"""Questions to curricula: `python -m ray_jobs.curate CONFIG [--set A.B=C]`."""

from ray_jobs.entry import enter

if __name__ == "__main__":
    enter("curate")
