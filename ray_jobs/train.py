"""The student, from the curricula: `python -m ray_jobs.train CONFIG [--set A.B=C]`."""

from ray_jobs.entry import enter

if __name__ == "__main__":
    enter("train")
