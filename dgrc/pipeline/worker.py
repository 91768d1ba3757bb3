"""The async actor that Ray Data runs: a batch of rows in, the same rows done, many at a time.

Ray Data keeps several batches of a block in flight on one worker; all their rows share this worker's
connections to the engine pools. Workers hold no model and no prompt knowledge of their own.
"""

import asyncio
import time
from typing import Any

import pyarrow as pa

from dgrc.config import CorpusConfig, MethodConfig
from dgrc.engines.client import PoolClient
from dgrc.engines.journal import Journal
from dgrc.method.prompts import load_pack
from dgrc.pipeline.index import FactIndex
from dgrc.pipeline.passes import PASSES, WRITE
from dgrc.pipeline.steps.ask import Caller
from dgrc.pipeline.steps.toolbox import Toolbox
from dgrc.questions.recorded import ChainStore, VerdictStore
from dgrc.storage.arrow import arrow_schema, from_row, to_row


class Worker:
    """Runs one pass's step over batches of rows.

    Args:
        name: The pass.
        method: The method's settings.
        corpus: Settings of the pass that writes questions.
        clients: Engine pools by role.
        journal: Folder of the pass's journal.
        facts: Folder of the fact index, for passes that check against it.
        recorded: Folders of recorded chains by role.
        verdicts: Folder of an earlier round's verdicts; it need not be there.
        board: Progress board actor, or None.
    """

    def __init__(
        self,
        name: str,
        method: MethodConfig,
        corpus: CorpusConfig | None,
        clients: dict[str, PoolClient],
        journal: str,
        facts: str | None,
        recorded: dict[str, str],
        verdicts: str,
        board: Any | None,
    ):
        (self._pass,) = [p for p in (WRITE, *PASSES) if p.name == name]
        self._caller = Caller(clients, Journal(journal), board)
        stores = {role: ChainStore(folder) for role, folder in recorded.items()}
        index = FactIndex(facts) if facts else None
        pack, known = load_pack(method.prompts), VerdictStore(verdicts)
        self._tools = Toolbox(method, pack, self._caller, index, stores, known, corpus)
        self._schema = arrow_schema(self._pass.writes[1])

    async def __call__(self, batch: pa.Table) -> pa.Table:
        """One batch: every row in it leaves it once."""
        done = await asyncio.gather(*(self._one(row) for row in batch.to_pylist()))
        return pa.Table.from_pylist(done, schema=self._schema)

    async def _one(self, row: dict[str, Any]) -> dict[str, Any]:
        record_type = self._pass.reads[1]
        blanks = {name: None for name in record_type.__dataclass_fields__ if name not in row}
        began = time.monotonic()
        result = await self._pass.step(self._tools, from_row(record_type, row | blanks))
        self._caller.count(rows=1, row_ms=int(1000 * (time.monotonic() - began)))
        return to_row(result)
