"""Text as the method compares it: `normalize` makes equal what writers spell differently and mean the same."""
