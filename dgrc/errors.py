"""The one family of errors that dgrc raises at its users.

Every message says what failed, where, the value got and the value wanted, and what to do about it.
Each class is also a standard exception type, so that callers who do not know dgrc still catch what
they expect, and each pickles, because Ray ships errors between processes.
"""


class DgrcError(Exception):
    """Base of all errors a user can act on; the command line prints it as one paragraph and exits 2, where nothing was
    made to learn from 3, and 75 where the same may end well at another time.

    Attributes:
        may_pass: Whether what was asked for is right, and what stopped it may be over when it is asked for again.
        told: What of it the user was told before it was raised.
    """

    may_pass = False
    told: tuple[str, ...] = ()


class Several(Exception):
    """What errors are that may tell of several things: `words` say how many, and `items` has each by itself."""

    def __init__(self, words: str, *items: str):
        super().__init__(words, *items)
        self.words, self.items = words, items

    def __str__(self) -> str:
        numbered = " ".join(f"({number}) {item}" for number, item in enumerate(self.items, 1))
        return f"{self.words}: {numbered}" if numbered else self.words


class ConfigError(Several, DgrcError, ValueError):
    """A setting is unknown, of the wrong type, or contradicts another one."""


class NotReadyError(Several, DgrcError, RuntimeError):
    """Something that a job needs is not there, or will not come."""


class QuestionFileError(DgrcError, ValueError):
    """A question file as a whole cannot be used (single bad questions go to quarantine instead)."""


class PromptPackError(DgrcError, ValueError):
    """A prompt pack is missing a template, or its declaration is wrong."""


class EngineError(DgrcError, RuntimeError):
    """An inference engine could not be started, or died more often than it may."""


class EngineAwayError(EngineError):
    """An engine, or the server behind it, was lost under way or did not come up in time."""

    may_pass = True


class RunDirError(DgrcError, OSError):
    """A run directory cannot be used: held by another process, made from another config, disk full."""


class PassError(DgrcError, RuntimeError):
    """A pass over the questions could not finish; what it had written is kept and it can be resumed."""


class PassStoppedError(PassError):
    """Something on the cluster stopped a pass, not what was asked of it."""

    may_pass = True


class EmptyCurriculumError(DgrcError, ValueError):
    """Curation kept nothing to learn, or nothing to learn reasoning from; the command line exits 3."""


class TrainingError(DgrcError, RuntimeError):
    """Fine-tuning could not start or finish."""


class TrainingStoppedError(TrainingError):
    """Fine-tuning failed more often than it is begun again; its last checkpoint is kept."""

    may_pass = True


class StorageError(DgrcError, OSError):
    """An object store cannot be reached, refuses, or does not have what was asked of it."""


class StoreAwayError(StorageError):
    """An object store does not answer, or fails."""

    may_pass = True


class JobError(DgrcError, RuntimeError):
    """A cluster cannot be reached, does not take a job, or has none of that name."""


class ExtraError(DgrcError, RuntimeError):
    """A library is not installed that a command needs and a plain installation leaves out."""


class EvaluationError(DgrcError, ValueError):
    """An evaluation was asked for that its questions or predictions cannot answer."""
