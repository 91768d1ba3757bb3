"""Problems, scripted engines and shares that the tests of the packs' table use."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.packs import steps
from dgrc.engines.base import Completion, Request, Sample, failed
from dgrc.evaluation.truth.computed import Computed
from dgrc.method.prompts import load_pack
from dgrc.proving.natural.problem import Problem, Step

DOSE, TOTAL = "How many mg is 5 mg per kg for 20 kg?", "A patient gets 100 mg 3 times a day. How many mg is that?"
PROBLEM = Problem(
    "p1", "medicine", "en", "t", "train", 2,
    "A patient of 20 kg gets 5 mg per kg, 3 times a day. How many mg is that in one day?", "300 mg",
    (
        Step("multiply", DOSE, "100 mg", ("5 mg per kg", "20 kg")),
        Step("multiply", TOTAL, "300 mg", ("100 mg", "3 times a day")),
    ),
)  # fmt: skip
DATED = Problem(
    "p2", "law", "en", "t", "train", 2, "Notice of 2024-02-27 runs 3 days, then 2. When does it end?", "2024-03-03",
    (
        Step("date", "What is 3 days after 2024-02-27?", "2024-03-01", ("2024-02-27", "3 days")),
        Step("date", "What is 2 days after 2024-03-01?", "2024-03-03", ("2024-03-01", "2 days")),
    ),
)  # fmt: skip
TRUTH = Computed([PROBLEM, DATED])
PACK = load_pack("general")
Asked = list[Request]
UNREAD = "The weight matters here.\nThen the rate matters too.\nOne would have to multiply them, which takes time."


def scripted(reply: Callable[[Request, int], str | Sample | None], asked: Asked | None = None) -> steps.Ask:
    """Serves each sample by a function of its request and number; None fails the request."""

    def ask(requests: Sequence[Request]) -> list[Completion]:
        found = []
        for request in requests:
            if asked is not None:
                asked.append(request)
            said = [reply(request, number) for number in range(request.n)]
            samples = [Sample(text, "stop", 7) if isinstance(text, str) else text for text in said]
            whole = tuple(sample for sample in samples if sample is not None)
            found.append(Completion(whole, 10, 0) if len(whole) == len(said) else failed("refused: no"))
        return found

    return ask


def in_turn(*replies: str | Sample | None) -> Callable[[Request, int], str | Sample | None]:
    rest = iter(replies)
    return lambda request, number: next(rest)


def shares(result: dict[str, Any], *names: str) -> list[tuple[int, int]]:
    return [(result[name]["hits"], result[name]["n"]) for name in names]
