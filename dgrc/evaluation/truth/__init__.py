"""What is true of a run's chains, atoms and verdicts, by labels or by computed truth; read after the fact alone."""
