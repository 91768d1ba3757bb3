"""What runs around the work: the Ray session, signals, processes, memory, errors out of Ray's wrapping."""
