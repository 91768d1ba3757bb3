"""Sentence embeddings by vLLM: a text in, a vector of length 1 out. The same pool and replicas as for any other engine.

Only the text of a request's last message counts; no chat template is applied, because most embedding models have none.
"""

import itertools
import math
import os

from dgrc.config import EngineConfig
from dgrc.engines.base import Completion, Request, failed
from dgrc.engines.vllm.engine import engine_args, first_line, here, started
from dgrc.engines.vllm.tokens import check_model_path
from dgrc.errors import EngineError
from dgrc.runtime.processes import bind_children


class EmbeddingEngine:
    """One embedding model under vLLM.

    Args:
        config: The engine's section of the configuration.
        seed: As for other engines; embeddings do not depend on it.
    """

    def __init__(self, config: EngineConfig, seed: int):
        self.config = config
        self.seed = seed
        self._ids = itertools.count()

    async def start(self) -> None:
        """Loads weights and starts the engine core."""
        self.config = here(self.config)
        check_model_path(self.config.model)
        args = engine_args(self.config, self.seed) | {
            "runner": "pooling", "convert": "embed", "disable_log_stats": True,
        }  # fmt: skip
        del args["generation_config"], args["scheduling_policy"]
        try:
            self._llm = started(args)
        except Exception as e:  # as for other engines: whatever its parts raise means that there is no engine
            raise EngineError(
                f"vLLM could not start {self.config.model} as an embedding model: {type(e).__name__}: {first_line(e)} "
                "Name a sentence-embedding model in `embedder.model`."
            ) from e
        self._reaper = bind_children()

    async def generate(self, request: Request) -> Completion:
        """The embedding of one text. A text that does not fit the context is an error of that request alone."""
        from vllm import PoolingParams
        from vllm.exceptions import VLLMClientError

        final = None
        try:
            stream = self._llm.encode(
                {"prompt": request.messages[-1]["content"]},
                PoolingParams(task="embed"),
                request_id=f"{os.getpid()}-{next(self._ids)}",
            )
            async for output in stream:
                final = output
        except (ValueError, VLLMClientError) as e:
            return failed(f"refused: {first_line(e)}")
        assert final is not None, "vLLM ended a stream without its output"
        vector = [float(value) for value in final.outputs.data]
        length = math.sqrt(sum(value * value for value in vector)) or 1.0
        embedding = tuple(value / length for value in vector)
        return Completion((), len(final.prompt_token_ids), 0, embedding=embedding)

    async def load(self, model: str) -> None:
        """Raises `EngineError`: nothing needs other weights here."""
        raise EngineError(f"An embedding engine does not change its weights, but was asked for those of {model}.")

    def stop(self) -> None:
        """Shuts the engine core down and waits for it."""
        self._llm.shutdown()
