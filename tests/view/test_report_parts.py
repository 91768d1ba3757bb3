"""Parts of a report by themselves: what people marked, words in Markdown, curves."""

import json
import re

import pytest

from dgrc.view.report import training
from dgrc.view.report.card import code, fenced, words
from dgrc.view.report.figures import sections


def test_what_people_marked_has_its_share_and_interval() -> None:
    figures = ("name", "right", "n", "share", "low", "high")
    marked = dict(zip(figures, ("chains in the curriculum", 19, 20, 0.95, 0.7639, 0.9911), strict=True))
    empty = {"funnel": [], "evaluation": None, "rounds_figures": None, "usage": [], "agreement": [], "verdicts": [],
             "read_by": [], "judge": [], "atoms": [], "reports": {}, "status": {}, "round": 1}  # fmt: skip
    parts = {part.title: part for part in sections({**empty, "marks": [marked]}, ())}
    (table,) = parts["Marked by hand"].tables
    assert table.rows == [("chains in the curriculum", "19", "20", "95.0%", "76.4% to 99.1%")]
    assert table.spans == [(0.7639, 0.95, 0.9911)] and set(parts) == {"From questions to curriculum", "Marked by hand"}


@pytest.mark.parametrize("hostile", ["a|b", "`x` | ``y``", "<b>", "![x](javascript:1)", "www.x.test", "a\n# b", "_x_"])
def test_what_could_mean_something_in_markdown_is_code(hostile: str) -> None:
    said = words(hostile)
    fence = re.match("`+", said)
    assert fence is not None and said == code(hostile) and said.endswith(fence.group()) and "\n" not in said
    inner = said[len(fence.group()) : -len(fence.group())]
    assert fence.group() not in inner and not re.search(r"(?<!\\)\|", inner)
    block = fenced(f"{hostile}\n```\n````")
    assert block.startswith("`````text\n") and block.endswith("\n`````")


def test_long_trainings_are_drawn_by_few_points_between_the_least_and_the_most() -> None:
    losses = [float(step % 10) for step in range(100_000)]
    one = training.curve("x", {"losses": losses})
    assert one.steps == 100_000 and len(one.mean) <= training.POINTS and one.stages == []
    assert {value for _, value in one.low} == {0.0} and {value for _, value in one.high} == {9.0}
    assert all(value == pytest.approx(4.5, abs=0.05) for _, value in one.mean)
    (drawn,) = training.drawn([one])
    assert [words for _, words in drawn.up] == ["0", "5", "10"] and drawn.up[0][0] == training.HEIGHT
    assert drawn.across[-1] == (training.WIDTH, "100,000")
    assert training.drawn([training.curve("nan", {"losses": [float("nan")] * 3})]) == []
    flat = training.drawn([training.curve("flat", {"losses": [0.0]})])
    assert len(flat) == 1 and "nan" not in flat[0].line
    for broken in ({}, {"losses": []}, {"losses": ["x"]}, {"losses": [1.0], "validation": [[1]]}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            training.curve("x", json.loads(json.dumps(broken)))
