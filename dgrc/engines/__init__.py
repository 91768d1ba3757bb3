"""Inference engines: chat requests in, sampled texts out. They know nothing of the method.

`base` states the contract, `vllm_local` and `scripted` fulfil it, `pool` runs replicas of one as Ray
actors that many clients share, `journal` keeps every completion until its question is safe.
"""
