"""Whether the method can be expected to help: what a curated sample with known truth says of what it stands on."""
