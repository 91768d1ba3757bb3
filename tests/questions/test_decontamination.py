"""Questions that repeat evaluation questions are found, whatever their case and punctuation; templates are not."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dgrc.config import EvaluationConfig, QuestionsConfig
from dgrc.proving.world import World
from dgrc.questions.decontamination import Contamination
from dgrc.questions.ingest import ingest
from dgrc.storage.run_dir import RunDir
from tests.pipeline.conftest import scripted_config, write_questions

LONG = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"


@pytest.mark.parametrize(
    ("text", "choices", "repeats"),
    [
        ("ONE, two; three four five six seven eight nine ten eleven twelve thirteen.", (), True),
        ("Well: two three four five six seven eight nine ten eleven twelve thirteen fourteen, or not?", (), True),
        ("one two three four five six seven eight nine ten eleven twelve", (), False),
        ("one two three four five six", ("seven eight nine ten eleven", "twelve thirteen"), True),
        ("one two three four five six SIX seven eight nine ten eleven twelve thirteen", (), False),
        ("short question", (), True),
        ("short  QUESTION!", (), True),
        ("a short question", (), False),
    ],
)
def test_thirteen_words_in_a_row_or_all_of_a_short_text(text: str, choices: tuple[str, ...], repeats: bool) -> None:
    check = Contamination(13)
    check.add(LONG, (), "long")
    check.add("Short question?", (), "short")
    assert (check.find(text, choices) is not None) is repeats


def test_the_place_of_the_repeated_question_is_named() -> None:
    check = Contamination(3)
    check.add("a b c d", (), "eval.jsonl:7")
    assert check.find("x b c d", ()) == "eval.jsonl:7"


@pytest.mark.parametrize("size", ["standard", "small"])
def test_questions_of_the_proving_world_share_a_template_and_are_not_contaminated(size: str) -> None:
    world, check = World(0, size), Contamination(13)
    for scenario in world.held_out:
        check.add(scenario.question, (), "held out")
    assert not [s for s in world.unlabeled if check.find(s.question, ())]
    assert check.find(world.held_out[0].question, ()) == "held out"


@pytest.mark.usefixtures("ray_here")
@pytest.mark.parametrize(("mode", "kept", "found"), [("quarantine", 2, 1), ("report", 3, 1), ("off", 3, 0)])
def test_ingest_says_or_refuses(tmp_path: Path, mode: str, kept: int, found: int) -> None:
    write_questions(tmp_path / "q.jsonl", 3)
    (tmp_path / "e.jsonl").write_text(json.dumps({"question": "Case 2: which court?", "answer": "2"}) + "\n")
    config = scripted_config(tmp_path, tmp_path / "q.jsonl").model_copy(
        update={
            "questions": QuestionsConfig(files=(str(tmp_path / "q.jsonl"),), contamination=mode),  # type: ignore[arg-type]
            "evaluation": EvaluationConfig(files=(str(tmp_path / "e.jsonl"),)),
        }
    )
    run = RunDir.of(config)
    report = ingest(run, config)
    assert (report.kept, report.contaminated) == (kept, found)
    refused = pq.ParquetDataset(run.quarantine).read().to_pylist()
    assert [row["reason"] for row in refused] == ["contaminated"] * (3 - kept)
    assert all(row["text"] == "case 2 . which court ?" for row in refused)
    assert all(row["detail"].endswith("e.jsonl:1") for row in refused)


CHINESE = "用人单位自用工之日起超过一个月不满一年未与劳动者订立书面劳动合同的，应当向劳动者每月支付几倍的工资？"


@pytest.mark.parametrize(
    ("text", "choices", "repeats"),
    [
        (CHINESE.replace("，", ",").replace("？", "?"), (), True),
        (CHINESE.replace("，", ""), (), True),
        (f"（2019年真题）{CHINESE}（　　）", ("一倍", "二倍"), True),
        ("根据《劳动合同法》，超过一个月不满一年未与劳动者订立书面劳动合同的后果是什么？", (), True),
        ("根据《劳动合同法》，超过一个月不满一年未订立书面合同的后果是什么？", (), False),
        ("用人单位自用工之日起满一年不与劳动者订立书面劳动合同的，视为订立何种合同？", (), False),
        ("下列关于合同效力的说法中，正确的是", (), False),
        ("短题？", (), True), ("短 题", (), True), ("一道短题", (), False),
        ("患者男，６５岁，ＣＯＰＤ病史２０年，近３天咳嗽加重伴发热，查体双肺湿啰音", (), True),
    ],
)  # fmt: skip
def test_chinese_questions_that_repeat_one_are_found_whatever_their_marks(
    text: str, choices: tuple[str, ...], repeats: bool
) -> None:
    check = Contamination(13)
    check.add(CHINESE, (), "long")
    check.add("短题", (), "short")
    check.add("下列关于物权变动的说法中，正确的是哪一项？请从四个选项中选出。", (), "a stem that many share")
    check.add("患者男,65岁,COPD病史20年,近3天咳嗽加重伴发热,查体双肺湿啰音,最可能的诊断是?", (), "case")
    assert (check.find(text, choices) is not None) is repeats
