"""The index of a run: `files` finds the Parquet of its passes, `streams` says what is kept of a row, `words` by which
words it is found, `segment` packs rows, `build` does so for all that is new, and `tables` is the SQLite file.
"""
