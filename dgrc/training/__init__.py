"""From a curriculum to a student: `encode`, `stages`, `packing`, `loop`, `export`; `launch.train` runs them all."""
