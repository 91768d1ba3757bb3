"""Models behind OpenAI-compatible servers: `chat` at once, `batches` hours later; `ledger`, `rate_limit` for all."""
