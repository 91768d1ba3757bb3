"""Questions of medicine and law in plain language, with computed answers: a domain of truth for real models."""
