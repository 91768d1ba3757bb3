"""The offline batch endpoints of OpenAI-compatible servers: hours later, at about half the price.

Requests gather for a while, go up as one file, and are answered by another when the server has had the time. What a
batch was asked is written down before its answers are waited for, so that a run that is started again collects the
batches of its earlier life rather than paying for them twice. Everything else is as with single requests: what a line
of the answer says is judged as an HTTP answer is. https://platform.openai.com/docs/guides/batch
"""

import asyncio
import collections
import itertools
import json
import time
from typing import Any

from dgrc.config import EngineConfig
from dgrc.engines.api.body import Body, body_of
from dgrc.engines.api.chat import SERVER_FAILED, OpenAIEngine
from dgrc.engines.api.content import encodable
from dgrc.engines.api.ledger import Accounts
from dgrc.engines.api.rate_limit import backoff
from dgrc.engines.api.replies import Answer, judge
from dgrc.engines.base import Request, request_key
from dgrc.errors import EngineAwayError, EngineError

ENDPOINT = "/v1/chat/completions"
WINDOW = "24h"
ENDED = ("completed", "failed", "expired", "cancelled")
NO_TIME = ("batch_expired", "batch_cancelled")
"""What a line's error says whose batch ended before its turn."""
LINE_TRIES = 5
"""A request whose line failed or ran out of time goes into so many batches."""


class BatchLostError(EngineError):
    """The server has no such batch, or refused it as a whole."""


class BatchEngine(OpenAIEngine):
    """One client of a server's batch endpoints; `api.mode` is `batches`."""

    def __init__(self, config: EngineConfig, accounts: Accounts):
        super().__init__(config, accounts)
        self._gathering: dict[str, tuple[Body, asyncio.Future[Answer]]] = {}
        self._closing_time: asyncio.Task[None] | None = None
        self._asked: collections.Counter[int] = collections.Counter()
        self._earlier: dict[str, str] = {}
        self._collecting: dict[str, asyncio.Task[dict[str, Answer]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """As with single requests; and learns which batches an earlier life of the run has asked for."""
        await super().start()
        self._earlier = {key: batch for batch, keys in (await self.accounts.batches()).items() for key in keys}

    async def _until_answered(self, request: Request, n: int, part: int) -> Answer:
        key = request_key(self.config.model, request)
        stem = f"{key:016x}-{n}-{self._asked[key]}"  # asked again while the first is under way, it is another line
        self._asked[key] += 1
        body = body_of(self.config, request, n, part)
        characters = sum(len(message["content"]) for message in request.messages)
        tokens = self._estimate.tokens(characters, n, request.max_tokens)
        tries = 0
        for attempt in itertools.count():
            name = f"{stem}-{attempt}"
            earlier, leased = name in self._earlier, 0
            if earlier:  # it is no try of this life: the server may be well again, or a setting mended
                answer = await self._of_earlier(name)
            else:
                tries += 1
                await self._leased(tokens, request.priority)
                answer, leased = await self._in_a_batch(name, body), tokens
            await self.accounts.settle(answer.bill, leased)
            if answer.stopping is not None:
                raise EngineError(f"{self.api.base_url} stops all requests: {answer.stopping}.")
            if answer.reply is not None:
                self._suspicion.answered(body)
                return answer
            if answer.refused is not None and (not earlier or answer.bill is not None):
                await self._suspicion.refused(body, answer)
                return answer
            if tries >= LINE_TRIES:
                break
        if await self._is_the_prompt(body, answer):
            said = f"{self.api.base_url} fails on it and answers others; the last time: {answer.says}"
            return Answer(refused=f"{SERVER_FAILED}: {said}")
        raise EngineAwayError(
            f"{self.api.base_url} did not answer a request in {LINE_TRIES} batches (the last time: {answer.says}). "
            "What was answered is kept: run the same command again when the server is well."
        )

    async def _of_earlier(self, name: str) -> Answer:
        """The answer in a batch of an earlier life; all that wait for one batch collect it once.

        Servers keep a batch's files for some weeks only, so it may be gone: then its lines are asked again.
        """
        batch = self._earlier[name]
        if batch not in self._collecting:
            self._collecting[batch] = asyncio.ensure_future(self._collect(batch))
        try:
            answers = await self._collecting[batch]
        except BatchLostError as e:
            return Answer(says=str(e))
        return answers.get(name, Answer(says=f"batch {batch} has no line {name}"))

    async def _in_a_batch(self, name: str, body: Body) -> Answer:
        """Joins the batch that is gathering, and waits for its line of the answer."""
        line: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._gathering[name] = (body, line)
        if len(self._gathering) >= self.api.batch_requests:
            self._send()
        elif self._closing_time is None:
            self._closing_time = asyncio.ensure_future(self._send_later())
        return await line

    async def _send_later(self) -> None:
        await asyncio.sleep(self.api.batch_wait_s)
        self._closing_time = None
        self._send()

    def _send(self) -> None:
        if self._closing_time is not None:
            self._closing_time.cancel()
            self._closing_time = None
        lines, self._gathering = self._gathering, {}
        if lines:
            task = asyncio.ensure_future(self._through(lines))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _through(self, lines: dict[str, tuple[Body, "asyncio.Future[Answer]"]]) -> None:
        """One batch from file to answers. Whatever goes wrong reaches all that wait for it."""
        try:
            batch = await self._submit({name: body for name, (body, _) in lines.items()})
            answers = await self._collect(batch)
        except Exception as e:  # noqa: BLE001 - nobody may wait for ever
            error = e if isinstance(e, EngineError) else EngineError(f"A batch of {self.api.base_url} failed: {e}")
            for _, line in lines.values():
                if not line.done():
                    line.set_exception(error)
            return
        for name, (_, line) in lines.items():
            if not line.done():
                line.set_result(answers.get(name, Answer(says=f"batch {batch} has no line {name}")))

    async def _submit(self, bodies: dict[str, Body]) -> str:
        """Uploads the file of a batch, starts it, and writes down what it was asked."""
        import aiohttp

        lines = [
            json.dumps({"custom_id": name, "method": "POST", "url": ENDPOINT, "body": body})
            for name, body in bodies.items()
        ]

        def form() -> Any:
            data = aiohttp.FormData()
            data.add_field("purpose", "batch")
            data.add_field("file", "\n".join(lines).encode(), filename="batch.jsonl", content_type="application/jsonl")
            return data

        uploaded = await self._insist("POST", "/files", form)
        wanted = {"input_file_id": uploaded["id"], "endpoint": ENDPOINT, "completion_window": WINDOW}
        batch = str((await self._insist("POST", "/batches", lambda: json.dumps(wanted).encode()))["id"])
        await self.accounts.remember(batch, list(bodies))
        return batch

    async def _collect(self, batch: str) -> dict[str, Answer]:
        """Waits for a batch's end and reads its answers by the names of its lines."""
        state = await self._insist("GET", f"/batches/{batch}")
        while state.get("status") not in ENDED:
            await asyncio.sleep(self.api.batch_poll_s)
            state = await self._insist("GET", f"/batches/{batch}")
        if state["status"] == "failed":
            said = json.dumps(state.get("errors"))[:300]
            raise BatchLostError(f"{self.api.base_url} refused the batch {batch} as a whole: {said}.")
        answers: dict[str, Answer] = {}
        for kind in ("error_file_id", "output_file_id"):
            if state.get(kind):
                answers |= _lines(await self._text(f"/files/{state[kind]}/content"))
        return answers

    async def _insist(self, method: str, path: str, data: Any = None) -> dict[str, Any]:
        """A JSON answer, asked for until the deadline while the server is unwell."""
        answer = await self._patiently(method, path, data)
        assert answer.reply is not None
        return answer.reply

    async def _text(self, path: str) -> str:
        answer = await self._patiently("GET", path, None)
        assert answer.reply is not None
        return str(answer.reply["text"])

    async def _patiently(self, method: str, path: str, data: Any) -> Answer:
        began = time.monotonic()
        for attempt in itertools.count():
            answer = await self._attempt(method, path, data() if data else None)
            if answer.reply is not None:
                return answer
            wait = max(answer.retry_after, backoff(attempt))
            if answer.refused:
                raise BatchLostError(f"{method} {self.api.base_url}{path} failed: {answer.refused}.")
            final = answer.stopping
            if final or time.monotonic() + wait - began > self.api.deadline_s:
                raise EngineError(f"{method} {self.api.base_url}{path} failed: {final or answer.says}.")
            await asyncio.sleep(wait)
        raise AssertionError("counted to infinity")


def _lines(text: str) -> dict[str, Answer]:
    """The answers in a file of a batch. A line that cannot be read is as if it were not there."""
    found = {}
    for line in text.split("\n"):  # not splitlines(): texts in JSON may hold U+2028 and others at which it cuts
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):  # RecursionError: thousands of open brackets
            continue
        name = data.get("custom_id") if isinstance(data, dict) else None
        if not isinstance(name, str) or not name.isascii():  # ours are
            continue
        response, error = data.get("response"), data.get("error")
        status = str(response.get("status_code")) if isinstance(response, dict) else ""
        if len(status) == 3 and status.isdecimal():
            found[name] = judge(int(status), {}, json.dumps(response.get("body")))
        elif isinstance(error, dict):
            found[name] = _failed(error)
        else:
            found[name] = Answer(says=f"a line without response: {json.dumps(data)[:300]}")
    return found


def _failed(error: dict[str, Any]) -> Answer:
    """What a line's own error says; the server had no time for those that ran out of it, which is no prompt's fault."""
    says = encodable(f"{error.get('code')}: {error.get('message')}"[:300])
    if error.get("code") in NO_TIME:
        return Answer(says=says, limited=True)
    return judge(200, {}, json.dumps({"error": error | {"message": says}}))
