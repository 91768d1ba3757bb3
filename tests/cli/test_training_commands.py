"""`dgrc plan` and `dgrc export` as their users meet them."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from dgrc.config.file import dump_config, make_config
from dgrc.storage.run_dir import RunDir
from tests.cli.test_main import dgrc, one_paragraph, write_config
from tests.paths import ROOT
from tests.training.builders import make_examples, make_model, write_base_model, write_examples


def words(result: Any) -> str:
    return " ".join(result.output.split())


def test_a_plan_compares_and_says_what_this_configuration_takes(tmp_path: Path) -> None:
    training = "{workers: 32, gpus_per_worker: 1, zero_stage: 3, gradient_checkpointing: true}"
    config = write_config(tmp_path, f"training: {training}")
    result = dgrc("plan", config, "--model", "qwen2.5-32b", "--gpus", "1,8,32")
    assert result.exit_code == 0, result.output
    assert "32,763,876,352 parameters, 64 layers of width 5120" in result.output
    assert re.search(r"full, ZeRO 2 +x [\d,]+ +x [\d,]+ +x [\d,]+", result.output)
    assert re.search(r"QLoRA, ZeRO 2 +\d+ ", result.output)
    assert "It fits: " in result.output and "weights" in result.output


def test_what_cannot_fit_exits_2_with_what_can(tmp_path: Path) -> None:
    config = write_config(tmp_path, "training: {workers: 1, gpus_per_worker: 1, zero_stage: 0}")
    result = dgrc("plan", config, "--model", "qwen2.5-7b")
    assert result.exit_code == 2
    assert re.search(r"needs \d+ GiB a worker on 1 workers, but 79 GiB are there. These fit: ", words(result))


def test_a_curated_run_is_planned_to_the_step(tmp_path: Path) -> None:
    base = write_base_model(tmp_path / "base")
    config = write_config(
        tmp_path,
        f"name: planned\nruns_dir: {tmp_path}\nstudent: {{model: {base}}}\n"
        "training: {max_length: 64, batch_examples: 10, atoms: {visits: 25}, chains: {visits: 40}}",
    )
    nothing = dgrc("plan", config, "--gpu-gib", "2")
    assert nothing.exit_code == 0 and "`dgrc curate` first" in nothing.output
    folder = RunDir(tmp_path / "planned").curriculum()
    write_examples(folder / "atomic", make_examples("atom", 12))
    write_examples(folder / "cot", make_examples("chain", 30))
    result = dgrc("plan", config, "--gpu-gib", "2", "--tokens-per-second", "100", "--price", "3")
    assert re.search(r"atoms +3 steps, 25 visits, [\d,]+ tokens", result.output), result.output
    assert re.search(r"chains +4 steps, 40 visits, [\d,]+ tokens", result.output)
    tokens = sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) tokens\n", result.output))
    hours = tokens / 100 / 3600
    assert f"{hours:,.2f} h at 100 tokens/s, {hours * 2 * 3:,.2f} at 3 a GPU hour" in words(result)
    chats = tmp_path / "chats.jsonl"
    chats.write_text('{"prompt": "w1 w2", "completion": "w3"}\n' * 20)
    replay = ["--set", f"training.replay.files={chats}", "--set", "training.replay.share=0.2"]
    replayed = dgrc("plan", config, "--gpu-gib", "2", *replay)
    assert re.search(r"chains +4 steps, 40 visits", replayed.output), replayed.output
    assert "of these 13 visits to 13 of the 20 replayed chats" in words(replayed)
    chats.write_text('{"prompt": "w1 w2"}\n')
    refused = dgrc("plan", config, *replay)
    assert refused.exit_code == 2 and "chats.jsonl:1: wanted are `messages`" in words(refused)


@pytest.mark.parametrize("gpus", ["one", "0", "", "8,-1"])
def test_wrong_numbers_of_gpus_are_refused(tmp_path: Path, gpus: str) -> None:
    result = dgrc("plan", write_config(tmp_path, "{}"), "--model", "qwen2.5-7b", "--gpus", gpus)
    assert result.exit_code == 2 and "--gpus" in result.output and "Traceback" not in result.output


@pytest.mark.parametrize("option", ["--gpu-gib", "--mfu", "--price", "--tokens-per-second"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "much"])
def test_what_must_be_above_nothing_is(tmp_path: Path, option: str, value: str) -> None:
    result = dgrc("plan", write_config(tmp_path, "{}"), "--model", "qwen2.5-7b", option, value)
    assert result.exit_code == 2 and f"got '{value}'; wanted is a number above 0" in result.output


def test_no_more_than_the_whole_peak_is_assumed(tmp_path: Path) -> None:
    result = dgrc("plan", write_config(tmp_path, "{}"), "--model", "qwen2.5-7b", "--mfu", "40")
    assert result.exit_code == 2 and "got '40'; wanted is a number above 0, 1 at most." in result.output


def test_a_model_that_is_not_known_is_one_paragraph(tmp_path: Path) -> None:
    result = dgrc("plan", write_config(tmp_path, "student: {engine: scripted, script: 'tests.scripts:teacher'}"))
    assert result.exit_code == 2 and "names no weights. Set `student.model`, or" in one_paragraph(result.output)
    result = dgrc("plan", write_config(tmp_path, "{}"), "--model", "nowhere")
    assert result.exit_code == 2 and "'nowhere' is neither a model directory" in one_paragraph(result.output)


def make_adapter(base: str, folder: Path) -> Any:
    """An adapter that changes its base model, as PEFT writes it."""
    from peft import LoraConfig, get_peft_model

    adapted: Any = get_peft_model(make_model(), LoraConfig(r=4, target_modules="all-linear"))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    adapted.peft_config["default"].base_model_name_or_path = base
    adapted.save_pretrained(folder)
    return adapted.eval()


@pytest.mark.parametrize("named_by", ["run", "folder"])
def test_export_makes_a_full_model_of_an_adapter(tmp_path: Path, named_by: str) -> None:
    from transformers import AutoModelForCausalLM

    base = write_base_model(tmp_path / "base")
    run = RunDir(tmp_path / "run")
    adapted = make_adapter(base, run.student())
    run.config_file.write_text(dump_config(make_config({"student": {"model": base}})))
    student = run.root if named_by == "run" else run.student()
    result = dgrc("export", student, "--merge", tmp_path / "merged")
    assert result.exit_code == 0, result.output
    ids = torch.arange(6, 26)[None]
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    torch.testing.assert_close(merged(ids).logits, adapted(ids).logits, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(merged(ids).logits, make_model()(ids).logits, atol=1e-2)
    assert (tmp_path / "merged" / "chat_template.jinja").is_file() and (tmp_path / "merged" / "README.md").is_file()


def test_export_refuses_what_is_no_adapter_or_has_lost_its_base(tmp_path: Path) -> None:
    base = write_base_model(tmp_path / "base")
    whole = dgrc("export", base, "--merge", tmp_path / "merged")
    assert whole.exit_code == 2 and "a full model already" in one_paragraph(whole.output)
    make_adapter(str(tmp_path / "gone"), tmp_path / "adapter")
    lost = dgrc("export", tmp_path / "adapter", "--merge", tmp_path / "merged")
    assert lost.exit_code == 2
    assert "there is no such directory" in one_paragraph(lost.output)
    assert not (tmp_path / "merged").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("told", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_training_that_is_told_to_stop_does_in_one_paragraph(
    tmp_path: Path, told: signal.Signals, status: int
) -> None:
    base = write_base_model(tmp_path / "base")
    config = write_config(
        tmp_path,
        f"name: stopped\nruns_dir: {tmp_path}\nquestions: {{files: [none.jsonl]}}\nstudent: {{model: {base}}}\n"
        "teacher: {engine: scripted, script: 'tests.scripts:teacher'}\n"
        "training: {precision: fp32, max_length: 64, batch_examples: 60, atoms: {visits: 60}, chains: {visits: 60000}}",
    )
    folder = RunDir(tmp_path / "stopped").curriculum()
    write_examples(folder / "atomic", make_examples("atom", 12))
    write_examples(folder / "cot", make_examples("chain", 30))
    process = subprocess.Popen(
        [sys.executable, "-m", "dgrc", "train", str(config), "--allow-empty"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )  # fmt: skip
    said = ""
    while "chains step" not in said:
        line = process.stderr.readline()  # type: ignore[union-attr]
        assert line, said
        said += line
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(told)
    _, rest = process.communicate(timeout=120)
    assert process.returncode == status, rest
    assert rest.strip().splitlines()[-1].startswith("dgrc: stopped. What was finished is safe: run the same command")
    assert "Traceback" not in said + rest
    assert not psutil.wait_procs(family, timeout=60)[1]
