"""The index of a run: `files` finds the Parquet of its passes, `streams` says what is kept of a row, `words` and
`postings` by which words it is found, `parts` makes plain data of the rows of a file, `workers` does so in processes of
their own, `segment` packs parts, `build` does so for all that is new, and `tables` is the SQLite file.
"""
