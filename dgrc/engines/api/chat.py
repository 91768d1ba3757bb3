"""Any server that speaks OpenAI's chat completions as an engine: vLLM's own, hosted teachers, gateways.

A request waits for a place in the window (how many may be under way), then for a lease (when it may leave), then it
leaves. What the server answers is one of four things: a reply; an error of this request alone, which becomes a value
in its row; a passing failure, which is tried again with jittered back-off, no sooner than Retry-After; or something
that no request will get past (a wrong key, an empty account, a parameter that it refuses), which stops the pass. An
error is of its request alone only where the server answers others (`suspicion.py`). Form and fields:
https://platform.openai.com/docs/api-reference/chat
"""

import asyncio
import heapq
import itertools
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from dgrc.config import EngineConfig
from dgrc.engines.api.body import Body, body_of
from dgrc.engines.api.headers import headers_of
from dgrc.engines.api.ledger import Accounts
from dgrc.engines.api.rate_limit import Estimate, Window, backoff
from dgrc.engines.api.replies import Answer, judge, read, unanswered
from dgrc.engines.api.suspicion import Suspicion
from dgrc.engines.base import Completion, Request, Sample, failed
from dgrc.errors import EngineAwayError, EngineError

if TYPE_CHECKING:
    import aiohttp

COMPLETIONS = "/chat/completions"
LEASED_AT_ONCE = 64
SURELY_A_KEY = 16
"""Characters."""
PROMPT_TRIES = 10
"""So often a request fails while the server answers others; then it is that request. One that a server which fails
every second time meets so often is one in a thousand."""
WAIT_WHILE_WELL_S = 8.0
"""A server that answers others is not spared by longer waits."""
SERVER_FAILED = "server_failed"
"""How the error of a request begins that a server fails on again and again."""


class OpenAIEngine:
    """One client of an OpenAI-compatible server.

    Args:
        config: The engine's section; `config.api` is set.
        accounts: The limits that it shares with the other clients of this server.
    """

    def __init__(self, config: EngineConfig, accounts: Accounts):
        assert config.api is not None
        self.config, self.api, self.accounts = config, config.api, accounts
        self._window = Window(self.api.max_concurrency)
        self._estimate = Estimate()
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._leasing: asyncio.Task[None] | None = None
        self._session: Any = None
        self._secrets: dict[str, str] = {}
        self._at_once = 1 if "n" in self.api.omit else sys.maxsize  # samples that the server gives a request
        self._suspicion = Suspicion(self.api.base_url, self._once, self.api.deadline_s)

    async def start(self) -> None:
        """Opens the connections and asks the server for its models.

        Raises:
            EngineError: no key, no server, or the server does not have the model.
        """
        answer = await self.look()
        for attempt in range(5):
            if answer.reply is not None or answer.refused is not None or answer.stopping is not None:
                break
            await asyncio.sleep(max(answer.retry_after, backoff(attempt)))
            answer = await self._attempt("GET", "/models", None)
        if problem := self.problem(answer):
            raise EngineError(problem)

    async def look(self, timeout: "aiohttp.ClientTimeout | None" = None) -> Answer:
        """Opens the connections and asks the server once for its models, with the patience of requests or another.

        Raises:
            EngineError: a key or header is not set.
        """
        import aiohttp

        headers, self._secrets = headers_of(self.api)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.api.max_concurrency, keepalive_timeout=60),
            timeout=timeout or aiohttp.ClientTimeout(total=self.api.timeout_s, sock_connect=30),
            headers=headers,
        )
        return await self._attempt("GET", "/models", None)

    def problem(self, answer: Answer) -> str | None:
        """Why the server cannot be used, by what it said when it was asked for its models; None if it can."""
        if answer.stopping is not None:
            return (
                f"The server {self.api.base_url} cannot be used: {answer.stopping}. Look at `api.base_url` and at the "
                f"key in the environment variable {self.api.key_env!r}."
            )
        if answer.reply is None and answer.refused is None:  # some servers have no list of models, and refuse
            return (
                f"The server {self.api.base_url} cannot be used: {answer.says}. See that it is up and reached from "
                "here, and that `api.base_url` is its address."
            )
        listed = (answer.reply or {}).get("data")
        names = [model.get("id") for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []
        if names and self.config.model not in names:
            return (
                f"The server {self.api.base_url} has no model {self.config.model!r}; it has "
                f"{', '.join(map(repr, names[:10]))}. Set `model` to one of them."
            )
        return None

    async def generate(self, request: Request) -> Completion:
        """Serves one request, asking again for what the server left out of `n`.

        Raises:
            EngineError: the budget is used up, the key is refused, or the server failed until the deadline.
        """
        if request.score or request.logprobs_of:
            return failed("refused: an API does not give the log-probabilities of given texts; use `engine: vllm`")
        samples: list[Sample] = []
        prompt = cached = 0
        parts = itertools.count()
        while (left := request.n - len(samples)) > 0:
            sizes = [min(self._at_once, left - had) for had in range(0, left, self._at_once)]
            calls = [self._until_answered(request, size, next(parts)) for size in sizes]
            answers = await asyncio.gather(*calls)
            for size, answer in zip(sizes, answers, strict=True):
                if answer.bill is not None:
                    prompt, cached = prompt + answer.bill.prompt_tokens, cached + answer.bill.cached_tokens
                if answer.reply is not None:
                    samples += read(answer.reply)[0][:size]
                    given = len(answer.reply["choices"])
                    self._at_once = min(self._at_once, given) if given < size else self._at_once
            refused = next((answer.refused for answer in answers if answer.refused is not None), None)
            if refused is not None:
                return Completion((), prompt, cached, refused)
        return Completion(tuple(samples), prompt, cached)

    async def load(self, model: str) -> None:
        """A server's weights are its own."""
        raise EngineError(
            f"{self.api.base_url} serves {self.config.model}; it cannot be made to serve {model}. Evaluate students "
            "with `engine: vllm`."
        )

    def stop(self) -> None:
        """Closes the connections."""
        self._closing = asyncio.ensure_future(self.close())

    async def close(self) -> None:
        """Closes the connections, and returns when they are closed."""
        if self._session is not None and not self._session.closed:
            await self._session.close()

    async def _until_answered(self, request: Request, n: int, part: int) -> Answer:
        """A reply, or an error of this request alone."""
        body = body_of(self.config, request, n, part)
        began, alone = time.monotonic(), 0
        for attempt in itertools.count():
            before = self._suspicion.answers(body)
            answer = await self._once(body, request.priority)
            if answer.reply is not None:
                self._suspicion.answered(body)
                return answer
            if answer.refused is not None:
                await self._suspicion.refused(body, answer)
                return answer
            well = not answer.limited and await self._suspicion.is_well(body, before, attempt)
            alone += well
            wait = max(answer.retry_after, backoff(attempt, most=WAIT_WHILE_WELL_S) if well else backoff(attempt))
            over = time.monotonic() + wait - began > self.api.deadline_s
            if alone >= PROMPT_TRIES or (over and await self._is_the_prompt(body, answer)):
                said = f"{self.api.base_url} fails on it and answers others; the last time: {answer.says}"
                return Answer(refused=f"{SERVER_FAILED}: {said}")
            if over:
                raise EngineAwayError(
                    f"{self.api.base_url} did not answer a request within `api.deadline_s` {self.api.deadline_s:g} s "
                    f"({attempt + 1} attempts; the last time: {answer.says}). What was answered is kept: run the same "
                    "command again when the server is well."
                )
            await asyncio.sleep(wait)
        raise AssertionError("counted to infinity")

    async def _is_the_prompt(self, body: Body, answer: Answer) -> bool:
        """Whether the server answers now what says nothing, at the end of all patience with a request."""
        return not answer.limited and await self._suspicion.is_well(body, self._suspicion.answers(body), sys.maxsize)

    async def _once(self, body: Body, priority: int = 0) -> Answer:
        """One attempt, in its turn, and settled.

        Raises:
            EngineError: the server, or the budget, stops all requests.
        """
        characters = sum(len(message["content"]) for message in body["messages"])
        n, most = body.get("n", 1), body[self.api.max_tokens_name]
        await self._window.enter(priority)
        try:
            tokens = self._estimate.tokens(characters, n, most)
            await self._leased(tokens, priority)
            answer = await self._attempt("POST", COMPLETIONS, json.dumps(body).encode())
        finally:
            self._window.leave()
        await self.accounts.settle(answer.bill, tokens)
        if answer.stopping is not None:
            raise EngineError(f"{self.api.base_url} stops all requests: {answer.stopping}.")
        if answer.reply is not None and answer.bill is not None:
            self._estimate.learn(characters, n, answer.bill.prompt_tokens, answer.bill.completion_tokens)
            self._window.grow()
        if answer.overtaxed:
            self._window.shrink(time.monotonic())
        if answer.retry_after:
            await self.accounts.hold(answer.retry_after)
        return answer

    async def _leased(self, tokens: int, priority: int) -> None:
        """Waits until the request may leave. Of those who wait one task asks for all."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), tokens, turn))
        if self._leasing is None or self._leasing.done():
            self._leasing = asyncio.ensure_future(self._lease_all())
        await turn

    async def _lease_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            asked = heapq.nsmallest(LEASED_AT_ONCE, self._waiting)
            try:
                lease = await self.accounts.lease([tokens for _, _, tokens, _ in asked])
            except Exception as e:  # noqa: BLE001 - whatever the ledger died of, nobody may wait for ever
                lease_error = EngineAwayError(f"The ledger of {self.api.base_url} is gone: {type(e).__name__}: {e}")
                while self._waiting:
                    _refuse(heapq.heappop(self._waiting)[-1], lease_error)
                return
            for delay, (*_, turn) in zip(lease.delays, asked, strict=False):
                loop.call_later(delay, _grant, turn)
            gone = {id(turn) for *_, turn in asked[: len(lease.delays)]}
            self._waiting = [entry for entry in self._waiting if id(entry[-1]) not in gone]
            heapq.heapify(self._waiting)
            if lease.refused is not None:
                error = EngineError(
                    f"The budget of {self.api.base_url} is used up: {lease.refused}. All that was answered is kept: "
                    "raise the budget and run the same command again to go on."
                )
                while self._waiting:
                    _refuse(heapq.heappop(self._waiting)[-1], error)
            if lease.wait:
                await asyncio.sleep(lease.wait)

    async def _attempt(self, method: str, path: str, body: Any) -> Answer:
        import aiohttp

        url = self.api.base_url.rstrip("/") + path
        headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else None
        try:
            async with self._session.request(method, url, data=body, headers=headers) as response:
                text = self._without_key(await response.text(), response.status)
                if path.endswith("/content"):  # a file, which is no JSON object
                    return Answer(reply={"text": text}) if response.status == 200 else judge(response.status, {}, text)
                return judge(response.status, response.headers, text, completion=path == COMPLETIONS)
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as e:
            said = self._without_key(unanswered(e, self._session.timeout.total))
            return Answer(says=said, overtaxed=isinstance(e, TimeoutError))

    def _without_key(self, text: str, status: int = 0) -> str:
        """What a server said, without our key and headers: some quote them in a refusal, and what they say is kept.

        In replies only what can be nothing but a key is looked for: some servers' key is a word such as EMPTY.
        """
        for secret, instead in self._secrets.items():
            if status != 200 or len(secret) >= SURELY_A_KEY:
                text = text.replace(secret, instead)
        return text


def _grant(turn: "asyncio.Future[None]") -> None:
    if not turn.done():
        turn.set_result(None)


def _refuse(turn: "asyncio.Future[None]", error: EngineError) -> None:
    if not turn.done():
        turn.set_exception(error)
