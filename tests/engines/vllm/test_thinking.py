"""A thinking model on real vLLM: thoughts and text apart, grammars after thoughts, and the same from a server."""

import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dgrc.config import EngineConfig
from dgrc.engines.base import Request, Sample
from dgrc.engines.pool import Pool
from dgrc.engines.vllm.engine import environment
from tests.thinking import ANSWER, AS_JSON, SCHEMA, THOUGHTS, write_thinking_model

CONTEXT = 512
PARSER = "qwen3" if importlib.util.find_spec("mistral_common") else "deepseek_r1"
"""The first also reads a server's replies that were to hold no thoughts, but not every installation can load it."""
SETTINGS = {"max_model_len": CONTEXT, "kv_cache_gib": 0.1, "max_num_seqs": 8, "dtype": "float32"}
REQUESTS = {
    "text": Request(({"role": "user", "content": "count"},), max_tokens=100),
    "cut off": Request(({"role": "user", "content": "count"},), max_tokens=8),
    "schema": Request(({"role": "user", "content": "json"},), max_tokens=100, schema=SCHEMA),
    "bounded": Request(
        ({"role": "user", "content": "json"},), max_tokens=100,
        schema=SCHEMA.replace('"string"', '"string", "maxLength": 300'),
    ),
    "schema against its will": Request(({"role": "user", "content": "count"},), max_tokens=100, schema=SCHEMA),
    "two": Request(({"role": "user", "content": "count"},), max_tokens=100, n=2, temperature=0.1),
    "at once": Request(({"role": "user", "content": "count"},), max_tokens=100, think=False),
    "at once, schema": Request(({"role": "user", "content": "count"},), max_tokens=100, think=False, schema=SCHEMA),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_thinking_model(tmp_path_factory.mktemp("thinking") / "model")


def rows(config: EngineConfig, names: list[str]) -> dict[str, tuple[Sample, ...]]:
    async def ask() -> list[tuple[Sample, ...]]:
        with Pool.start("teacher", config, 0) as pool:
            client = pool.wait().client()
            found = await asyncio.gather(*(client.generate(REQUESTS[name]) for name in names))
            assert [completion.error for completion in found] == [None] * len(names)
            return [completion.samples for completion in found]

    return dict(zip(names, asyncio.run(ask()), strict=True))


@pytest.fixture(scope="module")
def ours(model: str, ray_here: None) -> dict[str, tuple[Sample, ...]]:
    return rows(EngineConfig.model_validate({"model": model, "reasoning_parser": PARSER, **SETTINGS}), list(REQUESTS))


def test_thoughts_and_text_stand_apart(ours: dict[str, tuple[Sample, ...]]) -> None:
    (said,) = ours["text"]
    assert (said.thoughts.strip(), said.text.strip(), said.finish_reason) == (THOUGHTS, ANSWER, "stop")
    assert said.tokens == len(f"<>\n{THOUGHTS}\n<>\n\n{ANSWER}|") - 2, "both are counted; each mark is a token"
    assert [sample.thoughts.strip() for sample in ours["two"]] == [THOUGHTS] * 2
    (cut,) = ours["cut off"]
    assert (cut.thoughts.strip(), cut.text, cut.finish_reason) == (THOUGHTS[:5], "", "length")


def test_a_grammar_holds_the_text_after_the_thoughts(ours: dict[str, tuple[Sample, ...]]) -> None:
    for name in ("schema", "bounded"):
        (said,) = ours[name]
        assert (said.thoughts.strip(), said.text.strip()) == (THOUGHTS, AS_JSON), "with its quotation marks"
    (forced,) = ours["schema against its will"]
    assert forced.thoughts.strip() == THOUGHTS
    assert set(json.loads(forced.text)) == {"answer"} or forced.finish_reason == "length"
    assert forced.text.lstrip().startswith("{")


def test_a_request_without_thinking_is_answered_at_once(ours: dict[str, tuple[Sample, ...]]) -> None:
    (said,) = ours["at once"]
    assert (said.thoughts, said.text, said.finish_reason) == ("", ANSWER, "stop")
    (forced,) = ours["at once, schema"]
    assert forced.thoughts == "" and forced.text.lstrip().startswith("{")


@pytest.fixture
def server(model: str, tmp_path: Path) -> Iterator[str]:
    """vLLM's own server of the model on loopback, with the parser that we find for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--served-model-name", "made",
        "--host", "127.0.0.1", "--port", str(port), "--reasoning-parser", PARSER, "--dtype", "float32",
        "--max-model-len", str(CONTEXT), "--max-num-seqs", "8", "--kv-cache-memory-bytes", str(2**27),
        "--enforce-eager", "--block-size", "32",
    ]  # fmt: skip
    env = {**os.environ, **environment(EngineConfig(model=model))}
    log = tmp_path / "server.log"
    with log.open("w") as out, subprocess.Popen(command, env=env, stdout=out, stderr=out) as process:
        try:
            for _ in range(600):
                assert process.poll() is None, log.read_text()[-3000:]
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                    break
                except (urllib.error.URLError, OSError):
                    time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


@pytest.mark.slow
def test_a_server_of_the_same_model_gives_the_same_rows(ours: dict[str, tuple[Sample, ...]], server: str) -> None:
    """Text, thoughts and reason of the end; a server counts the tokens of all samples together."""
    api = {"engine": "openai_api", "model": "made", "api": {"base_url": server, "key_env": ""}}
    shared = {name: request for name, request in REQUESTS.items() if name != "bounded"}  # its grammar bounds texts
    asked = {think: [name for name, request in shared.items() if request.think is think] for think in (True, False)}
    theirs = rows(EngineConfig.model_validate(api), asked[True])
    if PARSER == "qwen3":  # the other takes a reply without any mark for thoughts, on a server
        theirs |= rows(EngineConfig.model_validate({**api, "thinking": "on"}), asked[False])

    def columns(found: dict[str, tuple[Sample, ...]]) -> dict[str, list[tuple[str, str, str]]]:
        return {name: [(s.text, s.thoughts, s.finish_reason) for s in samples] for name, samples in found.items()}

    assert columns(theirs) == columns({name: ours[name] for name in theirs})
