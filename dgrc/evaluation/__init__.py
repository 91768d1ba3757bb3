"""Held-out questions answered by models, scored against labels. The only package that reads labels.

`benchmarks` reads labeled questions, `predict` asks models through the same engines as curation, `score` and
`compare` (pure) turn answers into accuracies, intervals and paired tests, `report` writes them down;
`curation` scores curricula of the proving world against its truth.
"""
