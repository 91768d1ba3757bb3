"""Inference engines: chat requests in, sampled texts out. They know nothing of the method.

`base` states the contract; `vllm_local`, `openai_api`, `batch_api`, `embedding` and `scripted` fulfil it. `pool` runs
replicas of one as Ray actors, `client` is how many workers share them, `ledger` and `pacing` keep an API's limits, and
`journal` keeps every completion until its question is safe.
"""
