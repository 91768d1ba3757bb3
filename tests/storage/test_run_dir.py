"""The run directory: one holder, one configuration, atomic files, errors in words."""

import errno
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dgrc.config.file import dump_config, make_config
from dgrc.errors import RunDirError
from dgrc.storage.atomic import explain_os_error, write_json
from dgrc.storage.manifest import read_manifest, write_manifest
from dgrc.storage.run_dir import RunDir

HOLDER = """
import sys, time
from dgrc.storage.run_dir import RunDir
with RunDir(sys.argv[1]).lock():
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_run_has_one_holder_and_the_lock_dies_with_it(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "r")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    named = rf"in use by process {holder.pid} on {re.escape(platform.node())}, since 20\d\d-.* UTC: wait for it"
    for _ in range(2):  # to be refused must not spoil the lock
        with pytest.raises(RunDirError, match=named), RunDir(tmp_path / "r").lock():
            pass
    holder.kill()
    holder.wait()
    with RunDir(tmp_path / "r").lock():
        assert json.loads((tmp_path / "r" / ".holder").read_text())["pid"] == os.getpid()
    assert [path.name for path in (tmp_path / "r").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "by another process: wait"),
        ("[1]", "by another process: wait"),
        ('{"pid": "x", "host": "h", "since": "s"}', "by another process: wait"),
        ('{"pid": 7, "host": "elsewhere", "since": "s"}', r"process 7 on elsewhere, since s: .* delete .*/\.lock"),
        (json.dumps({"pid": 2**22 + 9, "host": platform.node(), "since": "s"}), "that process has ended, but one that"),
    ],
)
def test_whoever_holds_the_run_is_named_as_far_as_is_known(tmp_path: Path, said: str, told: str) -> None:
    run = RunDir(tmp_path / "r")
    with run.lock():
        (run.root / ".holder").write_text(said)
        with pytest.raises(RunDirError, match=told), RunDir(run.root).lock():
            pass


def test_a_run_that_is_emptied_stays_held(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "r")
    with run.lock():
        (run.root / "x").write_text("")
        run.empty()
        assert sorted(path.name for path in run.root.iterdir()) == [".holder", ".lock"]


def test_errors_inside_the_lock_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), RunDir(tmp_path / "r").lock():
        (tmp_path / "absent").read_bytes()


def test_a_run_keeps_to_its_configuration(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "r")
    config = make_config({"name": "r", "training": {"workers": 1}})
    run.claim(config)
    run.claim(make_config({"name": "r", "training": {"workers": 2}}))  # curation is not touched by it
    run.claim(make_config({"name": "r", "teacher": {"replicas": [2, 8], "gpus": 1, "max_num_seqs": 7}}))  # nor by these
    run.mark_done("gather", "f", {})
    with pytest.raises(RunDirError, match=r"`method.max_pairs` was \d+, is 1"):
        run.claim(make_config({"name": "r", "method": {"max_pairs": 1}}))
    with pytest.raises(RunDirError, match=r"`teacher.model` was '', is 'other'"):
        run.claim(make_config({"name": "r", "teacher": {"model": "other"}}))


@pytest.mark.parametrize(
    ("left", "content", "kept"),
    [
        ("questions/part-00000.parquet", b"PAR1", False),
        ("logs/native.log", b"x", False),
        ("round-1/.state/ingest/done.json", b'{"fingerprint": "f", "report": {}}', False),
        ("round-1/.state/method/version.json", b"{}", False),
        ("round-1/.state/gather/fingerprint.json", b"{}", False),
        ("round-1/.state/gather/journal/a.jsonl", bytes(4096), False),
        ("round-1/.state/gather/journal/a.jsonl", b'{"owner": "1"}\n' + bytes(4096), True),
        ("round-1/.state/gather/checkpoint/x/part.parquet", b"PAR1", True),
        ("round-1/.state/gather/done.json", b'{"fingerprint": "f", "report": {}}', True),
        ("round-2/.state/verify/journal/a.jsonl", b"{}\n", True),
        ("manifest.json", b"{}", True),
    ],
)
def test_a_run_that_kept_nothing_may_be_begun_again_by_other_settings(
    tmp_path: Path, left: str, content: bytes, kept: bool
) -> None:
    """Reading files costs nothing, and a journal takes room ahead; replies and rows are kept."""
    run = RunDir(tmp_path / "r")
    run.claim(make_config({"name": "r", "questions": {"fields": {"text": "wrong"}}}))
    (run.root / left).parent.mkdir(parents=True, exist_ok=True)
    (run.root / left).write_bytes(content)
    mended = make_config({"name": "r", "questions": {"fields": {"text": "stem"}}})
    assert run.has_kept is kept
    if kept:
        with pytest.raises(RunDirError, match=r"`questions.fields.text` was 'wrong', is 'stem'"):
            run.claim(mended)
    else:
        run.claim(mended)
        assert "text: stem" in run.config_file.read_text()


def test_a_run_begun_before_there_were_settings_for_thinking_goes_on(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "r")
    run.root.mkdir()
    config = make_config({"name": "r"})
    lines = dump_config(config).splitlines(keepends=True)
    later = ("  thinking:", "  reasoning_parser:", "  chat_template_kwargs:")
    run.config_file.write_text("".join(line for line in lines if not line.startswith(later)))
    assert not any(word in run.config_file.read_text() for word in ("thinking", "reasoning_parser"))
    assert run.changed(config) == []
    (said,) = run.changed(make_config({"name": "r", "teacher": {"thinking": "on"}}))
    assert "`teacher.thinking` was None, is 'on'" in said



def test_a_run_goes_on_whose_engines_had_256_sequences_by_default(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "r")
    run.claim(make_config({"name": "r", "teacher": {"max_num_seqs": 256}, "student": {"max_num_seqs": 256}}))
    written = run.config_file.read_text()
    run.config_file.write_text(written.replace("  max_num_batched_tokens: null\n", ""))
    assert run.changed(make_config({"name": "r"})) == []


def test_done_marks_hold_for_their_fingerprint_only(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert run.done("gather", "a") is None
    run.mark_done("gather", "a", {"rows": 3})
    assert run.done("gather", "a") == {"rows": 3}
    assert run.done("gather", "b") is None


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


def test_a_full_disk_is_said_with_its_remedy(tmp_path: Path) -> None:
    error = explain_os_error(OSError(errno.ENOSPC, "No space left on device"), tmp_path)
    assert "No space left" in str(error) and "Free space" in str(error) and str(tmp_path) in str(error)


def test_a_manifest_means_complete(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    with pytest.raises(RunDirError, match="not complete"):
        read_manifest(run)
    write_manifest(run, reports={"x": 1}, seconds={"curate": 2.0})
    manifest = read_manifest(run)
    assert manifest["seconds"] == {"curate": 2.0}
    assert manifest["provenance"]["packages"]["ray"]
