"""A small world with known truth, and the tiny models that live in it.

    world    the fictional legal code, its questions, and scoring against its truth
    corpus   what the models are trained on
    train    trains one model in a process of its own
    models   `proving:teacher`, `proving:student`, `proving:noise` -> cached model directories
    measure  how well made models do each of their roles

No model weights can be had from nowhere, and a claim of learning needs a truth to be measured
against: so both are made here. Importing this package imports no torch.
"""
