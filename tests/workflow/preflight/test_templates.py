"""Chat templates are tried before a run with all that it will ask: what they refuse is an error."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.errors import DgrcError, EngineError, QuestionFileError, TrainingError
from dgrc.method.prompts import load_pack
from dgrc.questions.chats import ChatFiles
from dgrc.workflow.preflight import check, look, templates
from dgrc.workflow.preflight.templates import steps_of, templates_render
from dgrc.workflow.preflight.training import training_fits
from tests.chat.families import GEMMA, LLAMA3, SILENT, make_tokenizer
from tests.thinking import QWEN, make_thinking_tokenizer


@pytest.fixture
def save(tmp_path: Path) -> Any:
    def saved(name: str, tokenizer: Any) -> str:
        tokenizer.save_pretrained(tmp_path / name)
        (tmp_path / name / "config.json").write_text('{"model_type": "llama"}')
        (tmp_path / name / "model.safetensors").write_bytes(b"")  # none is read
        return str(tmp_path / name)

    return saved


def tried(config: Any, *parts: str) -> list[str]:
    """What is wrong with the templates alone."""
    return [f"{found.kind.__name__}: {found.line}" for found in templates_render(config, parts)]


def told(config: Any, *parts: str) -> list[str]:
    """All findings of these parts."""
    return [found.line for found in look(config, parts).findings]


def config(teacher: str, student: str, **more: Any) -> Any:
    return make_config({"teacher": {"model": teacher}, "student": {"model": student}} | more)


@pytest.mark.parametrize("family", [GEMMA, SILENT])
def test_a_template_without_a_system_role_is_used_and_told_once(
    family: Any, save: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model, other = save("folding", make_tokenizer(*family)), save("taking", make_tokenizer(*LLAMA3))
    with caplog.at_level(logging.WARNING, templates.__name__):
        check(config(model, other))
        check(config(model, other))
    assert [(r.getMessage().count(model), "takes no system message" in r.getMessage()) for r in caplog.records] == [
        (1, True)
    ]


@pytest.mark.parametrize("step", ["sample", "extract", "verify", "diagnose", "answer", "judge", "grade", "read"])
def test_a_template_that_refuses_any_step_stops_the_run(step: str, save: Any) -> None:
    """Which step it is, is told by words of its prompt; the template refuses exactly them."""
    settings = {"method": {"judge": 10, "grader": True}}
    good = save("good", make_tokenizer(*LLAMA3))
    pack = load_pack("general")
    steps = steps_of(config(good, good, **settings), pack, "teacher")
    asked = {name: messages[-1]["content"] for name, messages in steps}
    assert set(asked) == {"sample", "extract", "verify", "diagnose", "answer", "judge", "grade", "read"}
    refusal = "{% if messages[-1].content == WORDS %}{{ raise_exception('not this one') }}{% endif %}"
    template = refusal.replace("WORDS", json.dumps(asked[step])) + LLAMA3[0]
    picky = save("picky", make_tokenizer(template, LLAMA3[1]))
    with pytest.raises(EngineError, match="not this one"):
        check(config(picky, good, **settings))
    if step in ("sample", "answer"):  # a student is asked the one, and learns from both
        with pytest.raises(DgrcError, match="not this one"):
            check(config(good, picky))
    else:
        check(config(good, picky, **settings))


def test_a_template_that_leaves_a_text_out_stops_the_run(save: Any) -> None:
    deaf = save("deaf", make_tokenizer(LLAMA3[0].replace("{{ m.content | trim }}", "{{ m.content[:20] }}"), LLAMA3[1]))
    good = save("good", make_tokenizer(*LLAMA3))
    with pytest.raises(EngineError, match=r"teacher's model .*/deaf' leaves out what the message of the role \w+ says"):
        check(config(deaf, good))


def test_a_student_that_cannot_be_trained_on_stops_a_run_that_trains(
    save: Any, caplog: pytest.LogCaptureFixture
) -> None:
    template = LLAMA3[0].replace("{{ m.content | trim }}", "{{ 'Ok' if m.role == 'assistant' else m.content }}")
    student, good = save("student", make_tokenizer(template, LLAMA3[1])), save("good", make_tokenizer(*LLAMA3))
    with pytest.raises(TrainingError, match="lacks part of the message"):
        check(config(good, student))
    with caplog.at_level(logging.WARNING, templates.__name__):
        assert tried(config(good, student), "curate") == []
    (said,) = [record.getMessage() for record in caplog.records]
    assert "lacks part of the message" in said and said.endswith("but `dgrc train` will refuse it.")


def test_training_is_tried_with_the_messages_that_it_will_render(save: Any) -> None:
    """Thoughts among them, where they are kept: a template that drops those of a turn that is over is refused."""
    dropping = LLAMA3[0].replace("{{ m.content | trim }}", "{{ m.content.split('</think>')[-1] | trim }}")
    student, good = save("dropping", make_tokenizer(dropping, LLAMA3[1])), save("good", make_tokenizer(*LLAMA3))
    assert tried(config(good, student), "train") == []
    (said,) = tried(config(good, student, training={"thoughts": "keep"}), "curate", "train")
    assert said.startswith("TrainingError: student.model: ") and "thoughts: drop" in said
    assert "lacks part of the message, 'The law says so.'" in said


def test_a_student_that_has_no_row_for_a_token_of_its_template_stops_a_run_that_trains(save: Any) -> None:
    good, short = save("good", make_tokenizer(*LLAMA3)), save("short", make_tokenizer(*LLAMA3))
    Path(short, "config.json").write_text('{"model_type": "llama", "vocab_size": 259}')
    with pytest.raises(TrainingError, match=r"'<\|end_header_id\|>' \(number 259\), but the model has 259 rows"):
        check(config(good, short))
    check(config(good, good))


def test_an_adapter_of_half_a_tied_vocabulary_stops_a_run_that_trains(save: Any) -> None:
    good = save("good", make_tokenizer(*LLAMA3))
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    Path(good, "config.json").write_text(json.dumps({"model_type": "llama", "tie_word_embeddings": True} | sizes))
    half = config(good, good, training={"adapter": {"targets": ["q_proj", "lm_head"]}})
    with pytest.raises(TrainingError, match="names the embedding or the head"):
        check(half)
    assert not any("training.adapter" in line for line in told(half, "curate"))
    check(config(good, good, training={"adapter": {"targets": ["q_proj"]}}))


def test_settings_that_the_template_does_not_know_stop_the_run(save: Any) -> None:
    good, thinking = save("good", make_tokenizer(*LLAMA3)), save("thinking", make_thinking_tokenizer(QWEN))
    with pytest.raises(EngineError, match="cannot be told whether to think"):
        check(make_config({"teacher": {"model": good, "thinking": "on"}, "student": {"model": thinking}}))
    check(make_config({"teacher": {"model": thinking, "thinking": "on"}, "student": {"model": good}}))


def test_replayed_chats_are_tried_before_a_run_that_trains(save: Any, tmp_path: Path) -> None:
    once = "{% if messages | length > 2 %}{{ raise_exception('one turn alone') }}{% endif %}" + LLAMA3[0]
    model = save("once", make_tokenizer(once, LLAMA3[1]))
    chats = tmp_path / "mine.jsonl"
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    replay = config(model, model, training={"replay": {"files": [str(chats)]}})
    chats.write_text("".join(json.dumps({"messages": turns * n}) + "\n" for n in (1, 1, 2, 2)))
    with pytest.raises(TrainingError, match=r"mine\.jsonl:3 cannot be replayed\. .*one turn alone"):
        check(replay)
    assert not any("mine.jsonl" in finding.line for finding in look(replay, ("curate",)).findings)
    chats.write_text(json.dumps({"messages": turns}) + "\n")
    check(replay)
    chats.write_text(json.dumps({"messages": turns[:1]}) + "\n")
    with pytest.raises(QuestionFileError, match=r"1 of 1 rows .*mine\.jsonl:1: its last message must be"):
        check(replay)
    asked = tmp_path / "q.jsonl"
    asked.write_text('{"question": "How long is the notice?"}\n')
    whole = config(model, model, training={"replay": {"files": [str(chats)]}}, questions={"files": [str(asked)]})
    assert any("mine.jsonl:1" in line for line in told(whole, "curate", "train"))
    assert any("mine.jsonl:1" in line for line in told(replay, "curate", "train")), "though there are no questions"
    chats.unlink()
    gone = [finding.line for finding in look(replay, ("curate", "train")).stopping if "mine.jsonl" in finding.line]
    assert len(gone) == 1 and gone[0].startswith("training.replay.files: "), "what is not there is told once"


def test_what_lies_on_a_store_is_left_alone_where_stores_are_not_to_be_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(templates, "check_model_path", lambda model: None)
    model, here = "s3://nowhere/model", config("s3://nowhere/model", "s3://nowhere/model")
    assert templates.can_be_read(model) and not templates.can_be_read(model, stores=False)
    assert list(templates_render(here, stores=False)) == []
    replay = config(model, model, training={"replay": {"files": ["s3://nowhere/chats.jsonl"]}})
    monkeypatch.setattr(ChatFiles, "__iter__", lambda files: pytest.fail("it is read"))
    monkeypatch.setattr(ChatFiles, "files", lambda files: pytest.fail("it is listed"))
    assert list(training_fits(replay, ("train",), stores=False)) == []


def test_models_that_are_not_here_are_not_tried() -> None:
    api = {"engine": "openai_api", "model": "m", "api": {"base_url": "http://h/v1"}}
    assert tried(make_config({"teacher": api, "student": {"model": "proving:student"}})) == []
    assert tried(make_config({"teacher": api, "student": {"model": "nobody/has-this"}})) == []
