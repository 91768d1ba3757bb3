"""What our readers, guards and screens make of a run that others recorded, beside what they made of it themselves.

A folder of JSON files flows in, and figures flow out: `forms` finds rows by their form, `run` puts them together,
`chains` and `atoms` hold the parts of the method against them.
"""
