"""The method on a cluster: `passes` is the table of what runs, `graph` runs it on Ray Data.

In data order: `ingest` reads questions, `steps` does one row of a pass (with `caller` asking the
engines), `worker` is the async actor around it, `atoms` makes the rows of distinct atoms,
`facts` makes them searchable, `assemble` writes the curricula.
"""
