"""What people found right and wrong in a run: marks on its chains and atoms, kept beside it.

A click in `dgrc view` flows in as a `Mark` (`record`), a line of the run's `marks.jsonl` (`file`) flows out; whoever
curates with these lines reads them there again. A mark carries the hash of the text that was judged, so it never
speaks of another one.
"""
