"""Cards are web pages on a hub: what they are made of can neither end its place nor become markup."""

import re
from pathlib import Path

import pytest
import yaml

from dgrc.config import Config
from dgrc.config.file import make_config
from dgrc.storage.cards import front_matter, harmless, made_with, row, table
from dgrc.storage.run_dir import RunDir, decisive_fingerprint
from dgrc.training.export import add_to_card, carry_facts, model_card
from dgrc.version import __version__

HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[click](javascript:alert(1))", "![x](http://t.test/p)",
    "a | b |\n| c | d", "x\n---\nlicense: mit\n---\n", "# Heading", "`code` *bold* _it_ ~~no~~", "&lt;b&gt;", "http://t.test",
    "\x1b[2J\u202e\u2028x", "$$x$$", "\\[x](y)", "a\\|b",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_card_is_markup(text: str) -> None:
    shown = harmless(text)
    assert "\n" not in shown and shown.isprintable() and not re.search(r"<|>|://", shown)
    bare = re.sub(r"\\\\|\\[`*_\[\]!|#~$]", "", shown)
    assert not re.search(r"[`*_\[\]!|#~$\\]", bare.replace("&#47;", "")), "every sign of Markdown is escaped"
    assert row(text, text).count("\n") == 0


def test_ordinary_facts_are_readable() -> None:
    assert harmless("3 atoms; 2 chains, bf16 (ZeRO-2)") == "3 atoms; 2 chains, bf16 (ZeRO-2)"


@pytest.mark.parametrize("text", HOSTILE)
def test_the_front_matter_says_what_it_is_given_and_no_more(text: str) -> None:
    card = model_card(f"/models/{text.replace('/', '')}", {"name": text, "seed": text})
    front, _, body = card.removeprefix("---\n").partition("\n---\n")
    facts = yaml.safe_load(front)
    assert set(facts) == {"library_name", "pipeline_tag", "base_model", "tags"}
    assert facts["base_model"] == text.replace("/", "")
    assert "<script" not in body and "<img" not in body and "\n---" not in body
    assert front_matter({"a": text}).count("\n---\n") == 1


def engines(**student: object) -> Config:
    api = {"engine": "openai_api", "model": "big-1", "api": {"base_url": "https://h.test/v1", "key_env": "KEY"}}
    return make_config({"name": "r", "teacher": api, "student": {"model": "Qwen/Qwen3-8B", "gpus": 1, **student}})


def test_what_a_run_made_is_traced_to_run_settings_models_and_pack(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "r")
    facts = made_with(run, engines(), "legal_zh, version 1, zh")
    assert facts["run"] == "r, round 1" and facts["prompt pack"] == "legal_zh, version 1, zh"
    assert (facts["teacher"], facts["student"]) == ("big-1 (openai_api)", "Qwen/Qwen3-8B (vllm)")
    assert facts["dgrc"].startswith(f"{__version__}, commit ") and "auditor" not in facts
    audited = engines().model_copy(update={"auditor": engines().student})
    assert made_with(run, audited, "")["auditor"] == "Qwen/Qwen3-8B (vllm)"
    assert table(facts).count("\n") == 2 + len(facts)


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("/home/me/models/qwen", "qwen"), ("~/models/qwen", "qwen"), ("./qwen", "qwen"), ("models/mine/qwen", "qwen"),
        ("s3://bucket/models/qwen", "qwen"), ("qwen", "qwen"), ("{run}/round-1/student", "round-1/student"),
    ],
)  # fmt: skip
def test_folders_of_a_machine_are_nobody_elses_matter(model: str, named: str, tmp_path: Path) -> None:
    run = RunDir(tmp_path / "r")
    facts = made_with(run, engines(model=model.format(run=run.root)), "")
    assert facts["student"] == f"{named} (vllm)"


def test_a_fingerprint_is_of_what_decides_a_curation() -> None:
    one = decisive_fingerprint(engines())
    assert one == decisive_fingerprint(engines(replicas=2)) != decisive_fingerprint(engines(model="another/model"))
    assert one != decisive_fingerprint(engines().model_copy(update={"seed": 7}))


def test_facts_are_replaced_by_their_key(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "README.md").write_text(model_card("/m/base", {"name": "x", "held_out": "1"}))
    for value in ("2", "3 | 4"):
        add_to_card(tmp_path, {"held_out": value})
    lines = (tmp_path / "README.md").read_text().splitlines()
    assert [line for line in lines if "out |" in line] == ["| held\\_out | 3 \\| 4 |"]


def test_a_merged_student_keeps_the_facts_of_its_adapter(tmp_path: Path) -> None:
    for name, facts in (("adapter", {"run": "r|1", "teacher": "big"}), ("merged", {"method": "the adapter, merged"})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text(model_card("/m/base", {"name": name, **facts}))
    carry_facts(tmp_path / "adapter", tmp_path / "merged")
    lines = (tmp_path / "merged" / "README.md").read_text().splitlines()
    facts = ["| name | merged |", "| method | the adapter, merged |", "| run | r\\|1 |", "| teacher | big |"]
    assert lines[-4:] == facts
    carry_facts(tmp_path / "gone", tmp_path / "merged")
    assert (tmp_path / "merged" / "README.md").read_text().splitlines() == lines
