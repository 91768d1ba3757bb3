"""Whole jobs made of the parts: `job` (curate, train, evaluate), `rounds`, `questions`, `pilot`, `submit`."""
