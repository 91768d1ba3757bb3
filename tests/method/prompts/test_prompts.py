"""Prompt packs: loading, checking, rendering, and text that tries to break out of its place."""

import json
import pickle
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dgrc.errors import PromptPackError
from dgrc.method import answer, diagnose, prompts, sample, verify
from dgrc.method.prompts import Pack, load_pack
from dgrc.records import Message
from tests.method.builders import HOSTILE, chain

BUILT_IN = ("general", "legal", "legal_zh", "medical", "medical_zh", "proving")
JSON_PACKS = BUILT_IN[:-1]
HOME = Path(prompts.__file__).parent
FACT = verify.Fact(1, "What is a tort?", "a civil wrong")


def all_messages(pack: Pack, text: str) -> list[Message]:
    """Every step's messages with `text` in every place of them."""
    foreign, fact = chain("A", text), verify.Fact(1, text, text)
    return [
        *sample.build_messages(pack, text, (text, text)),
        *diagnose.build_messages(pack, text, (text, text), foreign, foreign, False),
        *answer.build_messages(pack, text),
        *verify.build_messages(pack, text, (text, text), foreign, [fact]),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's own pack: a copy of `general`."""
    return Path(shutil.copytree(HOME / "general", tmp_path / "own"))


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_packs_load_and_render_every_step(name: str) -> None:
    pack = load_pack(name)
    assert pack.name == name
    assert pack.reply == ("tagged" if name == "proving" else "json")
    assert len([m for m in all_messages(pack, "Which court?") if m["role"] == "user"]) == 4
    assert pickle.loads(pickle.dumps(pack)) == pack


@pytest.mark.parametrize("name", BUILT_IN)
def test_schemas_exist_for_json_replies_only(name: str) -> None:
    pack = load_pack(name)
    assert pack.schema("sample") is pack.schema("answer") is None
    for step in ("diagnose", "verify"):
        text = pack.schema(step)
        assert (text is None) == (name == "proving")
        if text is not None:
            schema = json.loads(text)
            assert schema["additionalProperties"] is False
            assert set(schema["required"]) == set(schema["properties"])


@pytest.mark.parametrize("name", JSON_PACKS)
def test_the_json_form_is_told_by_the_system_message_and_only_to_the_teacher(name: str) -> None:
    pack = load_pack(name)
    assert [m["role"] for m in sample.build_messages(pack, "Which?", ())] == ["user"]
    for step, messages in {
        "diagnose": diagnose.build_messages(pack, "Which?", (), chain("a"), chain("b"), False),
        "answer": answer.build_messages(pack, "Which?"),
        "verify": verify.build_messages(pack, "Which?", (), chain("a"), [FACT]),
    }.items():
        assert [m["role"] for m in messages] == ["system", "user"]
        assert ("JSON" in messages[0]["content"]) == (step != "answer")
        for key in json.loads(pack.schema(step) or '{"required": []}')["required"]:
            assert f"`{key}`" in messages[0]["content"]
        assert "JSON" not in messages[1]["content"]


@pytest.mark.parametrize("name", JSON_PACKS)
@given(text=st.lists(st.sampled_from(["<", "/", " ", "question", "facts", ">", "REASONING_1", "x", "\n"])).map("".join))
@example(text="</ques</question>tion> <</facts>/facts>")  # taking a tag out must not put one together
def test_inserted_text_cannot_end_its_place(name: str, text: str) -> None:
    pack = load_pack(name)
    plain, foreign = all_messages(pack, "plain"), all_messages(pack, text)
    for one, other in zip(plain, foreign, strict=True):
        assert _tags(pack, one) == _tags(pack, other)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", BUILT_IN)
def test_hostile_text_is_inserted_and_never_run(name: str, text: str) -> None:
    contents = [message["content"] for message in all_messages(load_pack(name), text)]
    assert not any("49" in content for content in contents)
    if "{{" in text:
        assert sum(text in content for content in contents) == 4


def test_other_tags_are_left_as_they_are() -> None:
    (user,) = sample.build_messages(load_pack("legal"), "1 < 2 (<HOLDING>); a<b>c", ())
    assert "1 < 2 (<HOLDING>); a<b>c" in user["content"]


def test_a_missing_variable_is_an_error_with_a_remedy() -> None:
    with pytest.raises(PromptPackError, match=r"'chain' is undefined.*Correct verify\.jinja"):
        load_pack("general").messages("verify", text="t", options=(), facts=())
    with pytest.raises(PromptPackError, match="`judge`"):
        load_pack("general").messages("judge", text="t")


def test_an_unknown_pack_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    for name in ("generale", str(tmp_path), "../prompts"):
        with pytest.raises(PromptPackError, match="general, legal, legal_zh, medical, medical_zh, proving"):
            load_pack(name)


def test_an_own_folder_loads(folder: Path) -> None:
    (folder / "answer.jinja").write_text("Short: {{ atom }}")
    assert load_pack(str(folder)).messages("answer", atom="why?")[-1]["content"] == "Short: why?"


@pytest.mark.parametrize(
    "name", ["sample.jinja", "diagnose.jinja", "answer.jinja", "verify.jinja", "verify.schema.json"]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(PromptPackError, match=f"lacks {re.escape(name)}"):
        load_pack(str(folder))


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("pack.toml", "name = ", "not TOML"),
        ("pack.toml", 'name = "x"\nversion = "1"\n', "wanted are the keys"),
        ("pack.toml", 'name = "x"\nversion = "1"\nreply = "yaml"\n', "wanted are the keys"),
        ("pack.toml", 'name = "x"\nversion = 1\nreply = "json"\n', "wanted are the keys"),
        ("pack.toml", 'name = "x"\nversion = "1"\nreply = "json"\ntags = ["a b"]\n', "wanted are the keys"),
        ("pack.toml", 'name = "x"\nversion = "1"\nreply = "json"\nextra = 1\n', "wanted are the keys"),
        ("pack.toml", 'name = "x"\nversion = "1"\nreply = "json"\nlanguage = "English"\n', "wanted are the keys"),
        ("pack.toml", 'name = "x"\nversion = "1"\nreply = "json"\nlanguage = 1\n', "wanted are the keys"),
        ("pack.toml", 'name = "x"\nversion = "1"\nreply = "tagged"\n', "no step of a pack"),
        ("sample.jinja", "{% if %}", "line 1"),
        ("sample.jinja", "{{ text }} {{ label }}", "uses label"),
        ("grading.jinja", "{{ text }}", "holds grading.jinja"),
        ("answer.schema.json", "{", "not a JSON schema"),
        ("answer.schema.json", "[]", "not a JSON schema"),
    ],
)
def test_a_malformed_pack_is_refused(folder: Path, name: str, text: str, complaint: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(PromptPackError, match=complaint):
        load_pack(str(folder))


def test_a_pack_may_hold_answers_to_json(folder: Path) -> None:
    assert load_pack(str(folder)).schema("answer") is None
    schema = '{"type": "object"}'
    (folder / "answer.schema.json").write_text(schema)
    load_pack.cache_clear()
    held = load_pack(str(folder))
    assert held.schema("answer") == schema and held.digest() != load_pack("general").digest()


def test_templates_cannot_reach_into_python(folder: Path) -> None:
    (folder / "answer.jinja").write_text("{{ atom.__class__.__mro__ }}")
    with pytest.raises(PromptPackError, match="unsafe"):
        load_pack(str(folder)).messages("answer", atom="why?")


def _tags(pack: Pack, message: Message) -> list[str]:
    return re.findall(rf"<[\s/]*(?:{'|'.join(pack.tags)})\s*>", message["content"], flags=re.IGNORECASE)


def test_another_wording_is_another_pack_whatever_it_calls_itself(folder: Path) -> None:
    before = load_pack(str(folder)).digest()
    assert before == load_pack("general").digest()
    load_pack.cache_clear()
    (folder / "answer.jinja").write_text("Answer, please. {{ atom }}")
    assert load_pack(str(folder)).digest() != before


@pytest.mark.parametrize("step", ["judge", "grade"])
def test_an_optional_step_is_whole_or_not_there_and_missed_only_where_it_is_asked_for(folder: Path, step: str) -> None:
    (folder / f"{step}.schema.json").unlink()
    with pytest.raises(PromptPackError, match=rf"lacks {step}\.schema\.json"):
        load_pack(str(folder))
    (folder / f"{step}.jinja").unlink()
    pack = load_pack(str(folder))
    pack.require("answer", "method.answer")
    with pytest.raises(PromptPackError, match=rf"has no step `{step}`, which `method.x` asks for"):
        pack.require(step, "method.x")
    with pytest.raises(PromptPackError, match="pack `proving` has no step"):
        load_pack("proving").require(step, "method.x")
