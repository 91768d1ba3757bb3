"""Models that vLLM runs here: `engine` for text, `embeddings` for vectors; `tokens` for prompts, adapters, weights."""
