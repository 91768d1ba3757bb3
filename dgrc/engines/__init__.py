"""Inference engines: chat requests in, sampled texts out. They know nothing of the method.

`base` states the contract; `vllm` (models here), `api` (models behind a server) and `scripted` (tests) fulfil it.
`pool` runs replicas of one as Ray actors, `client` is how many workers share them, and `journal` keeps every completion
until its question is safe.
"""
