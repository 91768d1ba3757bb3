"""What keeps a run from starting is said together, by every command that starts one, and leaves no folder behind."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dgrc.config.file import dump_config
from dgrc.errors import NotReadyError
from dgrc.workflow.preflight import check, look
from tests.chat.families import LLAMA3, make_tokenizer
from tests.cli.test_main import dgrc
from tests.paths import ROOT
from tests.workflow.preflight.builders import config, model, written

API = {"engine": "openai_api", "model": "m", "api": {"base_url": "http://127.0.0.1:1/v1", "key_env": "TIGER_KEY"}}


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of which nothing is there: a file, a model, a key, and the GPU."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIGER_KEY", raising=False)
    monkeypatch.setattr("dgrc.runtime.session.ray_session", None)
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    settings = config(
        questions={"files": ["gone.jsonl"]}, teacher=API, student={"model": "./absent", "gpus": 1},
        method={"prompts": "nowhere"},
    )  # fmt: skip
    (tmp_path / "c.yaml").write_text(dump_config(settings))
    return tmp_path


COMMANDS = [
    ["curate"], ["curate", "--dry-run"], ["pilot"], ["pilot", "--dry-run"], ["premise"], ["premise", "--dry-run"],
    ["benchmark"], ["benchmark", "--dry-run"], ["run"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_everything_is_said_at_once(wrong: Path, command: list[str]) -> None:
    name, *options = command
    said = dgrc(name, "c.yaml", *options)
    assert said.exit_code == 2 and "Traceback" not in said.stderr
    lines = [line for line in said.stderr.splitlines() if line.startswith(("dgrc:", "- "))]
    assert lines[0] == "dgrc: 5 things keep this from starting:"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "- method.prompts", "- questions.files", "- student.model", "- teacher.api.key_env", "- student.gpus",
    ]  # fmt: skip
    assert [path.name for path in wrong.iterdir()] == ["c.yaml"]


@pytest.mark.parametrize("name", ["pilot", "premise", "benchmark"])
def test_a_dry_run_of_a_sample_leaves_nothing_behind(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path / "q.jsonl", [{"question": f"which of {n} ?", "label": "red"} for n in range(3)])
    (tmp_path / "c.yaml").write_text(dump_config(config(name="mine", questions={"files": [file]})))
    said = dgrc(name, "c.yaml", "--questions", "2", "--dry-run")
    assert said.exit_code == 0, said.output
    *_, last = said.stdout.splitlines()
    assert f"runs/mine-{name}\n" in said.stdout
    assert name != "premise" or "\n# premise   2 of 3 questions whose answers are known\n" in said.stdout
    assert last.startswith("# nothing that was looked at keeps it from")
    assert {path.name for path in tmp_path.iterdir()} == {"c.yaml", "q.jsonl"}


def test_a_premise_without_labels_or_truth_is_not_said_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path / "q.jsonl", [{"question": f"which of {n} ?"} for n in range(3)])
    (tmp_path / "c.yaml").write_text(dump_config(config(name="mine", questions={"files": [file]})))
    for more in ([], ["--truth", "nothere.jsonl"]):
        said = dgrc("premise", "c.yaml", "--dry-run", *more)
        assert said.exit_code == 2 and "keeps it from" not in said.stdout
        told = " ".join(said.stderr.split())
        assert "has a label" in told or "There is no truth file nothere.jsonl" in told


def test_one_error_has_all_in_its_words(wrong: Path) -> None:
    from dgrc.config.file import load_config

    with pytest.raises(NotReadyError, match=r"5 things .*: \(1\) method\.prompts: .* \(5\) student\.gpus: ") as raised:
        check(load_config("c.yaml"), ("curate",))
    assert len(raised.value.items) == 5


def test_a_demo_of_several_rounds_is_refused() -> None:
    done = dgrc("demo", "--size", "small", "--set", "rounds.count=2")
    said = " ".join(done.stderr.split())
    assert done.exit_code == 2 and "`dgrc run proving/small --set rounds.count=2`" in said, done.stderr


HEAVY = ("torch", "transformers", "vllm", "deepspeed", "peft")
FAULTY = {
    "no question file": {"questions": {"files": ["gone.jsonl"]}},
    "no model": {"student": {"model": "./absent"}},
    "no pack": {"method": {"prompts": "nowhere"}},
    "no key": {"teacher": API},
    "no column": {"questions": {"files": ["q.jsonl"], "fields": {"text": "frage"}}},
    "no GPU": {"student": {"model": "./m", "gpus": 1, "kv_cache_gib": 0.1}},
    "no cluster": {"ray": {"address": "127.0.0.1:1"}},
}


@pytest.mark.parametrize(
    "words",
    [
        *(["curate", f"{fault}.yaml", "--dry-run"] for fault in FAULTY), ["run", "no model.yaml"],
        ["plan", "no model.yaml"], ["export", "m", "--merge", "merged"], ["export", "adapter", "--merge", "merged"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_cheap_to_find_is_told_before_anything_heavy_is_read(words: list[str], tmp_path: Path) -> None:
    """Whoever mistypes a name is not kept waiting while torch is imported, which takes seconds; it is read afterwards,
    for what a model's template refuses."""
    model(tmp_path / "m")
    written(tmp_path / "q.jsonl", [{"question": f"which of {n} ?"} for n in range(3)])
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text('{"base_model_name_or_path": "/gone"}')
    for fault, settings in FAULTY.items():
        whole: dict[str, Any] = {"questions": {"files": ["q.jsonl"]}, "student": {"model": "./m"}, **settings}
        (tmp_path / f"{fault}.yaml").write_text(dump_config(config(**whole)))
    code = (
        "import builtins, sys; from dgrc.cli import main\n"
        "def reads(name, *more, then=builtins.__import__, **named):\n"
        f"    if (heavy := name.split('.')[0]) in {HEAVY} and heavy not in sys.modules:\n"
        "        sys.stderr.write(f'reads: {heavy}\\n')\n"
        "    return then(name, *more, **named)\n"
        "builtins.__import__ = reads\n"
        "main(sys.argv[1:])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "TIGER_KEY"} | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert said.returncode == 2 and "Traceback" not in said.stderr, said.stderr
    first, *later = said.stderr.split("reads: ")
    assert "dgrc: " in first or "This keeps it from starting:\n- " in first, said.stderr
    assert words[0] in ("curate", "run") or not later, "a command that looks at nothing else ends with what it found"


def test_a_template_is_tried_beside_what_else_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_tokenizer("{{ raise_exception('no chats here') }}", LLAMA3[1]).save_pretrained(model(tmp_path / "picky"))
    written(tmp_path / "q.jsonl", [{"question": f"which of {n} ?"} for n in range(3)])
    settings: dict[str, Any] = {"questions": {"files": ["q.jsonl", "gone.jsonl"]}, "student": {"model": "./picky"}}
    (tmp_path / "c.yaml").write_text(dump_config(config(**settings)))
    for command, looked in (["curate"], "looked at"), (["curate", "--dry-run"], "# looked at"):
        said = dgrc(command[0], "c.yaml", *command[1:])
        assert said.exit_code == 2
        told = said.output.splitlines()  # both streams, as on a terminal
        at = [next(n for n, line in enumerate(told) if line.startswith(start)) for start in (
            looked, "This keeps it from starting:", "- questions.files", "Chat templates", "dgrc: ", "- student.model",
        )]  # fmt: skip
        assert at == sorted(at), said.output
        assert told[at[4]] == "dgrc: 2 things keep this from starting; beside what is named above:"
        assert "no chats here" in " ".join(told[at[5]:])
        assert sum(line.startswith(("- ", looked)) for line in told) == 3, "each is said once"
    for say in (None, [].append):
        with pytest.raises(NotReadyError, match=r"2 things .* \(1\) questions\.files: .* \(2\) student\.model: "):
            check(config(**settings), ("curate",), say)


def test_what_was_said_already_ends_in_words_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_tokenizer(*LLAMA3).save_pretrained(model(tmp_path / "good"))
    (tmp_path / "c.yaml").write_text(
        dump_config(config(questions={"files": ["gone.jsonl"]}, student={"model": "./good"}))
    )
    said = dgrc("curate", "c.yaml")
    assert said.exit_code == 2 and said.stderr.count("gone.jsonl") == 1, said.stderr
    *_, last = said.stderr.splitlines()
    assert last == "dgrc: what is named above keeps this from starting; nothing else was found."


def test_what_cannot_be_tried_beside_it_does_not_hide_what_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_tokenizer(*LLAMA3).save_pretrained(folder := model(tmp_path / "unheard"))
    (Path(folder) / "config.json").write_text('{"model_type": "unheard_of", "architectures": ["UnheardOf"]}')
    found = look(config(questions={"files": ["gone.jsonl"]}, student={"model": folder}), ("curate", "train"))
    assert any(one.line.startswith("questions.files: ") for one in found.stopping)
    assert any("UnheardOf" in one.line for one in found.stopping)
