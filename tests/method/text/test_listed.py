"""Lists of the same words in another order are one answer, but not where their order says which is which."""

import pytest

from dgrc.method.text.listed import same_list

WHO = "Who is liable?"


@pytest.mark.parametrize(
    ("a", "b"),
    [("aspirin and clopidogrel", "Clopidogrel and aspirin"), ("der Käufer und der Verkäufer", "Verkäufer und Käufer"),
     ("el vendedor y el fabricante", "el fabricante y el vendedor"), ("A, B and C", "C, A, B")],
)  # fmt: skip
def test_the_order_of_a_list_does_not_count(a: str, b: str) -> None:
    assert same_list(a, b, WHO)


@pytest.mark.parametrize(
    ("a", "b", "question"),
    [("Smith and Jones", "Jones and Smith", "Who sued whom?"), ("Smith and Jones", "Jones and Smith", ""),
     ("Smith and Jones", "Jones and Smith", "Who is plaintiff and who is defendant?"),
     ("left kidney and ureter", "ureter and left kidney", WHO), ("Smith and Jones", "Smith", WHO),
     ("Smith and Jones", "Smith or Jones", WHO), ("Smith and Jones", "not Jones and Smith", WHO)],
)  # fmt: skip
def test_other_things_and_orders_are_no_same_list(a: str, b: str, question: str) -> None:
    assert not same_list(a, b, question)
