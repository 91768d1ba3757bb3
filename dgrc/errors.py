"""The one family of errors that dgrc raises at its users.

Every message says what failed, where, the value got and the value wanted, and what to do about it.
Each class is also a standard exception type, so that callers who do not know dgrc still catch what
they expect, and each pickles, because Ray ships errors between processes.
"""


class DgrcError(Exception):
    """Base of all errors a user can act on; the command line prints it as one paragraph and exits 2, where nothing was
    made to learn from 3."""


class ConfigError(DgrcError, ValueError):
    """A setting is unknown, of the wrong type, or contradicts another one."""


class NotReadyError(DgrcError, RuntimeError):
    """Something that a job needs is not there, or will not come. Of several such things `items` has each by itself."""

    def __init__(self, words: str, *items: str):
        super().__init__(words, *items)
        self.words, self.items = words, items

    def __str__(self) -> str:
        numbered = " ".join(f"({number}) {item}" for number, item in enumerate(self.items, 1))
        return f"{self.words}: {numbered}" if numbered else self.words


class QuestionFileError(DgrcError, ValueError):
    """A question file as a whole cannot be used (single bad questions go to quarantine instead)."""


class PromptPackError(DgrcError, ValueError):
    """A prompt pack is missing a template, or its declaration is wrong."""


class EngineError(DgrcError, RuntimeError):
    """An inference engine could not be started, or died more often than it may."""


class RunDirError(DgrcError, OSError):
    """A run directory cannot be used: held by another process, made from another config, disk full."""


class PassError(DgrcError, RuntimeError):
    """A pass over the questions could not finish; what it had written is kept and it can be resumed."""


class EmptyCurriculumError(DgrcError, ValueError):
    """Curation kept nothing to learn, or nothing to learn reasoning from; the command line exits 3."""


class TrainingError(DgrcError, RuntimeError):
    """Fine-tuning could not start or finish."""


class StorageError(DgrcError, OSError):
    """An object store cannot be reached, refuses, or does not have what was asked of it."""


class JobError(DgrcError, RuntimeError):
    """A cluster cannot be reached, does not take a job, or has none of that name."""


class ExtraError(DgrcError, RuntimeError):
    """A library is not installed that a command needs and a plain installation leaves out."""


class EvaluationError(DgrcError, ValueError):
    """An evaluation was asked for that its questions or predictions cannot answer."""
