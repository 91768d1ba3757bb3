"""The real vLLM as an embedding engine, on a made model: vectors of length 1, one bad text fails alone."""

from pathlib import Path

import numpy as np
import pytest

from dgrc.config import EngineConfig
from dgrc.engines.base import Request
from dgrc.engines.embed import embed_texts, embed_with
from dgrc.engines.pool import Pool
from dgrc.errors import EngineError
from tests.tiny import write_model

CONTEXT = 256


@pytest.mark.usefixtures("ray_here")
def test_texts_become_vectors_that_tell_them_apart(tmp_path: Path) -> None:
    model = str(write_model(tmp_path / "model", max_length=CONTEXT))
    config = EngineConfig(engine="embedding", model=model, max_model_len=CONTEXT, kv_cache_gib=0.1, max_num_seqs=8)
    with Pool.start("embedder", config, 0) as pool:
        client = pool.wait().client(1)
        vectors = embed_with(client, ["which court ?", "which court ?", "how long ?"])
        with pytest.raises(EngineError, match="could not embed the atom"):
            embed_with(client, ["x" * (CONTEXT + 1)])
    assert vectors.shape == (3, 64)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)
    assert vectors[0] @ vectors[1] == pytest.approx(1, abs=1e-3)
    assert vectors[0] @ vectors[2] < 0.999


def unwilling(request: Request) -> list[str]:
    """An engine that refuses whatever it is asked."""
    raise ValueError("not in the mood")


@pytest.mark.usefixtures("ray_here")
def test_an_engine_lives_for_the_call_and_its_refusal_names_the_text() -> None:
    config = EngineConfig(engine="scripted", script=f"{__name__}:unwilling", cpus=0)
    with pytest.raises(EngineError, match=r"could not embed the atom 'which court \?'.*not in the mood"):
        embed_texts(config, 0, 1, ["which court ?"])


def test_without_texts_no_engine_is_started() -> None:
    assert embed_texts(EngineConfig(engine="embedding", model="/nowhere/at/all"), 0, 0, []).shape[0] == 0
