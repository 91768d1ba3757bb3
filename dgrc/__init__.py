"""DGRC: turn a small open LLM into a specialist from unlabeled questions and a fallible teacher.

Read `dgrc.method` for the paper's steps and `dgrc.pipeline.passes` for how they run on a cluster.
"""

__version__ = "0.1.0"
