"""What a pass does to one row, a pass a file: `gather`, `answer`, `verify`, `write`. `ask` reaches an engine."""
