"""What a training takes, before it is paid for: `shapes` to arithmetic, `memory`, and `planner` for all of it."""
