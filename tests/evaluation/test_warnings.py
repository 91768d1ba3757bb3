"""Where accuracies differ it is said in words, and where they do not nothing is."""

import dataclasses

from dgrc.config import EvaluationConfig, MethodConfig
from dgrc.evaluation.benchmarks import HeldOut
from dgrc.evaluation.likelihood import OptionLikelihoods
from dgrc.evaluation.predict import Prediction
from dgrc.evaluation.report import full_report, lines, score
from dgrc.records import Chain, Question

COUNT = 60
QUESTIONS = [Question(i, "", f"case {i} ?", ("crown", "mill"), "B", "", "{}") for i in range(COUNT)]
ALL = {"all": list(range(COUNT))}


def replies(letters: str, likeliest: str = "", finish: str = "stop", error: str | None = None) -> list[Prediction]:
    """A prediction a question, the letters over and over; `-` is one that could not be read, `x` of an option one that
    could not be scored."""
    found = []
    for i in range(COUNT):
        answer = letters[i % len(letters)]
        chain = Chain("", None, finish, 1) if answer == "-" else Chain("", answer, "stop", 1)
        found.append(Prediction(i, chain, error if answer == "-" else None))
        if likeliest:
            likes = likeliest[i % len(likeliest)]
            options = OptionLikelihoods((-1.0, -3.0) if likes == "A" else (-3.0, -1.0), 0.5)
            failed = OptionLikelihoods((), 0.0, "too_long: 9 tokens")
            found[-1] = dataclasses.replace(found[-1], options=failed if likes == "x" else options)
    return found


def report_of(tasks: dict[str, list[int]] = ALL, **models: list[Prediction]) -> dict:
    right = score(QUESTIONS, models, MethodConfig())
    return full_report(HeldOut(QUESTIONS, tasks), models, right, EvaluationConfig(), MethodConfig(), "dgrc")


def warned(**models: list[Prediction]) -> list[str]:
    return list(report_of(**models)["warnings"])


def test_a_gain_in_form_alone_is_called_one() -> None:
    """Before, nothing was read and most was known; after, most is right, and as much is known."""
    report = report_of(base=replies("-", "ABBB"), dgrc=replies("ABBB", "ABBB"))
    (gain,) = [words for words in report["warnings"] if "form of the replies, as far" in words]
    assert gain.startswith("dgrc is right +75.0 points") and "+0.0 points [" in gain and "likelihoods" in gain
    assert report["against"]["base"]["likelihood"]["difference"] == 0
    (knows_more,) = [words for words in report["warnings"] if words.startswith("base: by the likelihoods")]
    assert "+75.0 points" in knows_more
    assert sum(line.startswith("  ! ") for line in lines(report)) == len(report["warnings"])


def test_a_gain_in_knowledge_is_not_warned_of() -> None:
    report = report_of(base=replies("AAAB", "AAAB"), dgrc=replies("AB", "BB"))
    assert report["against"]["base"]["likelihood"]["low"] > 0
    assert [words for words in report["warnings"] if "form" in words and words.startswith("dgrc is")] == []
    assert warned(base=replies("AB", "AB"), dgrc=replies("B", "B")) == []


def test_a_model_that_guesses_does_not_know_more_than_its_unread_replies_show() -> None:
    report = report_of(base=replies("-", "AB"))
    assert report["models"]["base"]["likelihood"]["chance"] == 0.5
    assert report["models"]["base"]["likelihood"]["above_replies"]["low"] > 0
    (unread,) = report["warnings"]
    assert "were not read" in unread


def test_no_gain_needs_no_warning() -> None:
    assert warned(base=replies("AB", "AB"), dgrc=replies("AB", "AB")) == []
    assert warned(base=replies("AB")) == [], "with one model there is nothing to compare"


def test_without_likelihoods_the_replies_that_were_read_tell() -> None:
    """As a server's API leaves it: before, half was unread; on those that both gave, nothing has changed."""
    (unread, gain) = warned(base=replies("-A-B"), dgrc=replies("BABB"))
    assert unread.startswith("base: 30 of 60 replies were not read")
    assert "on the 30 questions where both were read" in gain and "the gain is in the form" in gain
    assert not any("the gain" in words for words in warned(base=replies("AB"), dgrc=replies("B"))), "all were read"


def test_unread_replies_are_named_by_their_cause_with_what_to_do() -> None:
    (words,) = warned(base=replies("-BAB", finish="length"))
    assert "15 of 60" in words and "15 were cut off: raise `evaluation.sampling.max_tokens`" in words
    assert "0.500 over all replies, 0.667 over those read" in words
    (words,) = warned(base=replies("-BAB"))
    assert "15 ended without an answer" in words and "cut off" not in words
    (words,) = warned(base=replies("-BAB", error="refused: no"))
    assert "15 were not served" in words
    (words,) = warned(base=replies("-"))
    assert "those read" not in words, "nothing was read"
    few = replies("B")[:-3] + replies("-")[-3:]
    assert warned(base=few) == [], "three of 60 are not more than 5 %"


def test_likelihoods_that_are_missing_or_say_little_are_named() -> None:
    (words,) = warned(base=replies("B", "BBBBBx"))
    assert "10 questions could not be scored" in words and "too_long: 9 tokens" in words
    (words,) = warned(base=replies("B", "x"))
    assert "60 questions could not be scored" in words
    thinking = [dataclasses.replace(p, options=OptionLikelihoods((-9.0, -8.0), 0.001)) for p in replies("B")]
    (words,) = warned(base=thinking)
    assert "one in 0.1% of cases" in words


def test_a_task_is_warned_of_only_where_it_says_more_than_the_whole() -> None:
    last_unread = replies("B")[:-3] + replies("-")[-3:]
    tasks = {"first": list(range(50)), "last": list(range(50, COUNT))}
    (words,) = report_of(tasks, base=last_unread)["warnings"]
    assert words.startswith("last: base: 3 of 10 replies were not read")
    (words,) = report_of(tasks, base=replies("-"))["warnings"]
    assert words.startswith("base: 60 of 60")


def test_the_table_shows_all_three_accuracies() -> None:
    report = report_of(base=replies("-BAB", "AB"))
    assert report["models"]["base"]["likelihood"]["accuracy"] == 0.5
    assert report["tasks"]["all"]["models"]["base"] == report["models"]["base"]
    row = lines(report)[0]
    assert row.startswith("  base               0.500  [")
    assert "by likelihood 0.500  [" in row and "chance 0.500" in row
    assert "45 of 60 read, 0.667 of these right (15 ended without" in row
    assert lines(report_of(base=replies("B")))[0].count("[") == 1, "where all is read and none scored, one is enough"
