"""What terminals are told: `status` says how a run stands, `terminal` and `said` make anybody's text harmless there."""
