"""A user's own chat examples: the forms that are read, and what is refused with file and line."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.errors import QuestionFileError
from dgrc.questions.chats import ChatFiles

ASKED, SAID = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}


def write(path: Path, *rows: Any) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def said(*rows: Any, folder: Path) -> list[list[tuple[str, str]]]:
    examples = ChatFiles([write(folder / "chats.jsonl", *rows)])
    return [[(m["role"], m["content"]) for m in example.messages] for example in examples]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [ASKED, SAID]},
        {"prompt": "Hi", "completion": "Hello."},
        {"prompt": [ASKED], "completion": [SAID]},
        {"prompt": "what ultrachat has beside its messages", "prompt_id": "1", "messages": [ASKED, SAID]},
        {"messages": [{"role": "system", "content": ""}, ASKED, SAID], "tools": []},
        {"messages": [{**ASKED, "tool_calls": None, "name": None}, {**SAID, "weight": 1, "timestamp": "t"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, SAID]},
    ],
)
def test_the_forms_of_trl_and_the_hub_are_one_chat(row: Any, tmp_path: Path) -> None:
    assert said(row, folder=tmp_path) == [[("user", "Hi"), ("assistant", "Hello.")]]


def test_thoughts_that_stand_apart_go_to_the_head(tmp_path: Path) -> None:
    row = {"messages": [ASKED, {**SAID, "reasoning_content": "They greet.\n"}]}
    assert said(row, folder=tmp_path)[0][1] == ("assistant", "<think>\nThey greet.\n</think>\n\nHello.")
    row = {"messages": [ASKED, {"role": "assistant", "content": "<think>a</think>b", "thinking": "a"}]}
    assert said(row, folder=tmp_path)[0][1] == ("assistant", "<think>a</think>b")


def test_several_turns_and_systems_stay(tmp_path: Path) -> None:
    system = {"role": "system", "content": "Be kind."}
    (chat,) = said({"messages": [system, ASKED, SAID, ASKED, SAID]}, folder=tmp_path)
    assert [role for role, _ in chat] == ["system", "user", "assistant", "user", "assistant"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"text": "once"}, "wanted are `messages`, or `prompt` and `completion`; it has 'text'"),
        ({"prompt": "a", "chosen": "b"}, "wanted are `messages`"),
        ({"messages": []}, "its last message must be an assistant's"),
        ({"messages": [ASKED]}, r"its last message must be an assistant's.*its roles are \['user'\]"),
        ({"messages": "Hi"}, "`messages` is a str, a list of messages is wanted"),
        ({"messages": ["Hi", SAID]}, "message 1 of `messages` is a str, an object"),
        ({"messages": [{"from": "human", "value": "Hi"}, SAID]}, "message 1 of `messages` has the role None; wanted"),
        ({"messages": [{"role": "tool", "content": "3"}, SAID]}, "has the role 'tool'"),
        ({"messages": [ASKED, {"role": "assistant", "content": None}]}, "has no text as its `content`, but none"),
        ({"messages": [ASKED, {"role": "assistant", "content": " \n"}]}, "message 2 of `messages` is empty"),
        ({"messages": [{**ASKED, "content": [{"type": "image"}]}, SAID]}, "has no text as its `content`, but a list"),
        ({"messages": [ASKED, {**SAID, "tool_calls": [{}]}]}, "has `tool_calls`"),
        ({"messages": [ASKED, SAID], "tools": [{"name": "f"}]}, "it has `tools`"),
        ({"messages": [ASKED, {**SAID, "weight": 0}, ASKED, SAID]}, "has a `weight` of 0"),
        ({"prompt": [ASKED, SAID, ASKED], "completion": "a"}, "its `prompt` holds an assistant's turn"),
        ({"prompt": "a", "completion": None}, "wanted are `messages`"),
        ([1], "a JSON list where an object is wanted"),
    ],
)
def test_what_cannot_be_learned_is_refused_by_file_and_line(row: Any, why: str, tmp_path: Path) -> None:
    good = {"messages": [ASKED, SAID]}
    files = ChatFiles([write(tmp_path / "mine.jsonl", good, row, good)])
    with pytest.raises(QuestionFileError, match=rf"1 of 3 rows cannot be learned from: .*mine\.jsonl:2: .*{why}"):
        list(files)


def test_many_bad_rows_are_counted_and_the_first_named(tmp_path: Path) -> None:
    files = ChatFiles([write(tmp_path / "mine.jsonl", *[{"text": "x"}] * 9)])
    with pytest.raises(QuestionFileError, match=r"9 of 9 rows .*mine\.jsonl:1: .*mine\.jsonl:5: .*and 4 more\.") as e:
        list(files)
    assert "mine.jsonl:6" not in str(e.value)


def test_files_that_are_not_there_empty_or_of_another_kind_are_refused(tmp_path: Path) -> None:
    assert list(ChatFiles([])) == []
    (tmp_path / "a.csv").touch()
    for pattern, why in [("gone.jsonl", "No question file matches"), ("a.csv", "unknown suffix")]:
        with pytest.raises(QuestionFileError, match=rf"`training\.replay\.files`: .*{why}"):
            list(ChatFiles([str(tmp_path / pattern)]))
    with pytest.raises(QuestionFileError, match="hold no row"):
        list(ChatFiles([write(tmp_path / "empty.jsonl")]))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(QuestionFileError, match=r"broken\.parquet of `training\.replay\.files` cannot be read"):
        list(ChatFiles([str(tmp_path / "broken.parquet")]))


def test_parquet_and_globs_are_read_and_an_examples_id_is_what_it_says(tmp_path: Path) -> None:
    rows = [{"messages": [ASKED, SAID]}, {"messages": [ASKED, {**SAID, "content": "Yes?"}]}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "b.parquet")
    write(tmp_path / "a.jsonl", *rows)
    examples = list(ChatFiles([str(tmp_path / "*")]))
    assert [(Path(e.source_file).name, e.source_line, e.kind) for e in examples] == [
        (name, number, "replayed") for name in ("a.jsonl", "b.parquet") for number in (1, 2)
    ]
    assert [e.id for e in examples[:2]] == [e.id for e in examples[2:]] and examples[0].id != examples[1].id


def test_a_file_is_known_by_what_it_holds(tmp_path: Path) -> None:
    first, again = (write(tmp_path / name, {"messages": [ASKED, SAID]}) for name in ("a.jsonl", "b.jsonl"))
    other = write(tmp_path / "c.jsonl", {"messages": [ASKED, {**SAID, "content": "Yes?"}]})
    hashes = [ChatFiles([path]).hashes() for path in (first, again, other)]
    assert hashes[0] == hashes[1] != hashes[2] and ChatFiles([]).hashes() == []


def test_the_card_names_files_and_their_licenses(tmp_path: Path) -> None:
    for folder, card in (("one", "---\nlicense: apache-2.0\n---\n# One"), ("two/data", None), ("three", "no card")):
        (tmp_path / folder).mkdir(parents=True)
        write(tmp_path / folder / "chats.jsonl", {"messages": [ASKED, SAID]})
        if card:
            (tmp_path / folder / "README.md").write_text(card)
    (tmp_path / "two" / "README.md").write_text("---\nlicense: [cc-by-4.0, mit]\n---\n")
    paths = [str(tmp_path / folder / "chats.jsonl") for folder in ("one", "two/data", "three")]
    said = "chats.jsonl (license: apache-2.0); chats.jsonl (license: cc-by-4.0, mit); chats.jsonl (license: not known)"
    assert ChatFiles(paths).card() == {"replayed chats": said}
    assert ChatFiles(paths[:1], license_="odc-by").card() == {"replayed chats": "chats.jsonl (license: odc-by)"}
    assert ChatFiles([]).card() == {}
