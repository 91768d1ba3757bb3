"""Other weights for an engine that runs: a directory in, and what is served from then on held against its files.

An engine that comes to other sums (`checksum`) than the files serves something else: half of them, or still the old
ones. Whether its sums can be told at all is tried on the weights that it started with: those of a quantized model, or
of a layer that vLLM keeps in a form of its own, cannot.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from dgrc.config import EngineConfig
from dgrc.engines.vllm import checksum
from dgrc.engines.vllm.adapters import is_adapter, largest_rank, request_of
from dgrc.engines.vllm.checksum import Sums
from dgrc.engines.vllm.tokens import check_model_path
from dgrc.errors import EngineError


class WeightsInPlace:
    """The weights of one running engine.

    Args:
        config: Its section, with directories of this node.
        llm: vLLM's engine.
        numbers: Numbers that no adapter has yet.
    """

    def __init__(self, config: EngineConfig, llm: Any, numbers: Iterator[int]):
        self._config, self._llm, self._numbers = config, llm, numbers
        self._told: bool | None = None

    async def load(self, model: str) -> Any:
        """Serves what a directory on this node holds; returns vLLM's name for it if it is an adapter, else None.

        Raises:
            EngineError: it cannot be loaded, or what is served then is something else.
        """
        if is_adapter(model) or largest_rank(self._config):
            return None if model == self._config.model else await self._load_adapter(model)
        check_model_path(model)
        told = await self.can_be_told()
        await self._load_model(model)
        if told:
            dtype, said = await self._sums("sums_served")
            self._hold_against(model, said, await asyncio.to_thread(checksum.of_model, model, dtype))
        return None

    async def can_be_told(self) -> bool:
        """Whether what this engine serves can be held against files: its sums are those of the files it began with."""
        if self._told is None:
            if largest_rank(self._config):  # an adapter's are looked at with each
                self._told = self._config.tensor_parallel == 1
            else:
                self._told = await self._is_what_it_began_with()
        return self._told

    async def _is_what_it_began_with(self) -> bool:
        try:
            dtype, said = await self._sums("sums_served")
            wanted = await asyncio.to_thread(checksum.of_model, self._config.model, dtype)
        except Exception:  # noqa: BLE001 - a layer of another kind raises what it likes; then it cannot be told
            return False
        return said is not None and not checksum.differing(said, wanted)

    async def _load_model(self, model: str) -> None:
        try:
            await self._llm.collective_rpc("load_weights_of", args=(model,))
            cleared = await self._llm.reset_prefix_cache()
        except Exception as e:  # as at the start: whatever it is, the engine cannot speak for this model
            raise EngineError(
                f"vLLM could not replace the weights of {self._config.model} by those of {model}: {type(e).__name__}: "
                f"{first_line(e)} Both must have the same architecture; look at their config.json"
                f"{', and at `engine_args`' if self._config.engine_args else ''}."
            ) from e
        if not cleared:
            raise EngineError(
                f"vLLM kept cached prefixes of the old weights while it loaded {model}: requests are still in flight. "
                "Wait for all of them before loading other weights."
            )

    async def _load_adapter(self, adapter: str) -> Any:
        request = request_of(adapter, self._config, next(self._numbers) + 1)
        if await self.can_be_told():
            await self._llm.add_lora(request)
            dtype, said = await self._sums("sums_of_adapter", request.lora_int_id)
            wanted = await asyncio.to_thread(checksum.of_adapter, adapter, dtype)
            if said is not None and wanted is not None:
                self._hold_against(adapter, said, wanted)
        return request

    async def _sums(self, ask: str, *args: Any) -> tuple[str, Sums | None]:
        """What all workers come to together, and in which arithmetic; None if one of them cannot say."""
        replies = await self._llm.collective_rpc(ask, args=args)
        shares = [sums for _, sums in replies]
        return replies[0][0], None if None in shares else checksum.together(shares)

    def _hold_against(self, model: str, said: Sums | None, wanted: Sums) -> None:
        if said is not None and (differing := checksum.differing(said, wanted)):
            more = f" and {len(differing) - 4} more" if len(differing) > 4 else ""
            raise EngineError(
                f"The engine of {self._config.model} was given the weights of {model} and serves others: the checksums "
                f"of {', '.join(differing[:4])}{more} are not those of the files. Were they written while they were "
                "read? Run the same command again: a new engine reads them from the start."
            )


def first_line(error: Exception) -> str:
    """The first line of an error's text."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "(no message)"
