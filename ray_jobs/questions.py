"""A corpus to unlabeled questions: `python -m ray_jobs.questions CONFIG [--set A.B=C]`."""

from ray_jobs.entry import enter

if __name__ == "__main__":
    enter("questions")
