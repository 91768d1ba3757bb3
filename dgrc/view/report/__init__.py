"""A run as one file: `dgrc report`.

What the pages of `dgrc view` show flows in; a page that needs nothing else, or a card in Markdown, flows out. `figures`
and `training` make tables of it, `chosen` the cases that tell most, `page` and `card` write both, and `write` puts them
in their place.
"""
