"""The training: `launch` on the driver, `worker` on each worker, `loop` for a stage; state, checkpoints, progress."""
