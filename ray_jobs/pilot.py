"""A sample of the corpus, and what all of it would cost: `python -m ray_jobs.pilot CONFIG [--set A.B=C]`."""

from ray_jobs.entry import enter

if __name__ == "__main__":
    enter("pilot")
