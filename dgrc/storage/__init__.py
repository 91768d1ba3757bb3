"""Where a run lives on disk: its layout, its locks, its manifest and where it came from."""
