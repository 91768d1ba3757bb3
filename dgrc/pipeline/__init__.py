"""The method on a cluster: `passes` is the table of what runs, `graph` runs it on Ray Data.

In data order: `steps` does one row of a pass (`steps.ask` asks the engines), `worker` is the async actor around it,
`collect` makes the rows of distinct atoms, `screen` holds their answers against each other, `index` makes them
searchable, `assemble` writes the curricula.
"""
