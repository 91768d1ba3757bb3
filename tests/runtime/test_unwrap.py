"""Errors of ours come back from workers as themselves, not as Ray's wrapping of them."""

import traceback

import pytest
import ray

from dgrc.errors import DgrcError, EngineAwayError, EngineError
from dgrc.runtime.unwrap import causes, own_error

ADVICE = "\nFailed to apply UDF transform after 1/1 attempts.\nTo change this, configure Ray Data."


def wrapped(error: BaseException) -> BaseException:
    """As Ray Data gives an error of a worker back: the trace as text, the error annotated or replaced."""
    text = "".join(traceback.format_exception(error)) + ADVICE
    return ray.exceptions.RayTaskError("f", text, type(error)(f"{error}{ADVICE}")).as_instanceof_cause()


def test_our_error_comes_back_with_its_own_message_and_kind() -> None:
    error = wrapped(EngineError("It died. Mend it."))
    assert isinstance(error, EngineError) and "Ray Data" in str(error)
    found = own_error(error)
    assert type(found) is EngineError and str(found) == "It died. Mend it."


def test_whether_it_may_pass_survives_the_way() -> None:
    for kind in (EngineAwayError, EngineError):
        found = own_error(wrapped(kind("It did not answer.")))
        assert found is not None and type(found) is kind and found.may_pass == (kind is EngineAwayError)


def test_it_is_found_where_ray_dropped_it_and_left_its_trace() -> None:
    replaced = ray.exceptions.UserCodeException("UDF failed to process a data block.")
    replaced.__cause__ = EngineError("It died.")
    found = own_error(wrapped(replaced))
    assert type(found) is EngineError and str(found) == "It died."


def test_of_two_errors_of_ours_the_later_one_tells_more() -> None:
    outer = DgrcError("The pass stopped: it died.")
    outer.__cause__ = EngineError("It died.")
    assert str(own_error(wrapped(outer))) == "The pass stopped: it died."


def test_an_error_of_ours_that_never_left_the_process_is_itself() -> None:
    inner, outer = EngineError("inside"), RuntimeError("outside")
    outer.__cause__ = inner
    assert own_error(inner) is inner and own_error(outer) is inner


@pytest.mark.parametrize("error", [ValueError("dgrc.errors.EngineError: no"), wrapped(ValueError("x"))])
def test_errors_of_others_are_not_ours(error: BaseException) -> None:
    assert own_error(error) is None
    assert any(type(e) is ValueError for e in causes(error))


def test_a_circle_of_causes_ends() -> None:
    a, b = TypeError("a"), ValueError("b")
    a.__cause__, b.__cause__ = b, a
    assert list(causes(b)) == [b, a]
