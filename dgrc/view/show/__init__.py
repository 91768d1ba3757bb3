"""A run in a terminal: `dgrc show`.

The same index, order, filters and stories as the pages of `dgrc view`; `glance` is a run, `listing` a list of cases and
`story` one of them, as rich has them (`boxes`).
"""
