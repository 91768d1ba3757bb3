"""Errors: one family, each also a standard type, each fit to travel between processes."""

import pickle

import pytest

from dgrc import errors
from dgrc.errors import DgrcError

ALL = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, DgrcError)]


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_an_error_pickles_with_its_message(cls: type[DgrcError]) -> None:
    # Ray ships errors by pickle; protocol 2 and the newest differ in how they rebuild exceptions.
    for protocol in (2, pickle.HIGHEST_PROTOCOL):
        again = pickle.loads(pickle.dumps(cls("The model m is missing. Give its folder."), protocol))
        assert type(again) is cls
        assert str(again) == "The model m is missing. Give its folder."


@pytest.mark.parametrize("cls", [cls for cls in ALL if cls is not DgrcError], ids=lambda cls: cls.__name__)
def test_an_error_is_also_a_standard_one(cls: type[DgrcError]) -> None:
    assert issubclass(cls, ValueError | RuntimeError | OSError)
    assert cls.__doc__


def test_the_family_is_found() -> None:
    assert len(ALL) >= 8
