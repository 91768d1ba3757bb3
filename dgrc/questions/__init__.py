"""Files to questions: `files/` (files to rows), `columns` (rows to parts of a question), `ingest` (the first pass).

`published` reads benchmarks as they are given out, `recorded` chains made elsewhere, `decontamination` finds what
repeats an evaluation question by `shingles`, which the corpus's near-duplicates use as well.
"""
