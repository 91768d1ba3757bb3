"""A run in the browser: `dgrc view`.

A run's Parquet flows in, pages flow out, in three steps. `index.build`, a process of its own, reads what the passes
have committed into an SQLite file, and adds to it while the run goes on. `store` holds that file's columns in memory,
`query` and `lists` filter, count, search and sort them, `compare` holds two runs against each other, `case` and
`overview` tell a case and a run. `server` serves these as JSON to the pages of `static/`, to this machine alone
(`guard`). What people mark right or wrong is all that is written (`marking`). Nothing that a run needs depends on it.
"""
