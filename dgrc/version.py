"""The version, which everything may know."""

__version__ = "0.1.0"
