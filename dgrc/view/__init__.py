"""A run in the browser: `dgrc view`.

A run's Parquet flows in, pages flow out, in three steps. `build` (a process of its own) reads what the passes have
committed into an `index` (SQLite), row by row as `streams` says, and adds to it while the run goes on. `store` holds
the index's columns in memory; `query` filters, counts, searches and sorts them, `case` and `overview` tell a case and a
run. `server` serves these as JSON to the pages of `static/`, to this machine alone and read only. Nothing that a run
needs depends on any of it.
"""
