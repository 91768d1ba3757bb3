"""How fast this cluster curates, at what cost, and what holds it back: `python -m ray_jobs.benchmark CONFIG`."""

from ray_jobs.entry import enter

if __name__ == "__main__":
    enter("benchmark")
