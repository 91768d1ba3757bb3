"""What a look before the start finds: problems, of which some stop a job, go in; one error of these comes out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dgrc.errors import DgrcError, NotReadyError

MOST_SAID = 40
Say = Callable[[str], None]
"""Takes a line for the user."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and the setting that names what it is about.

    Attributes:
        setting: Dotted name of the setting; empty if the words say it.
        words: What is so and what to do.
        kind: The error that it is raised as if it stands alone.
        stops: Whether the job cannot succeed with it.
    """

    setting: str
    words: str
    kind: type[DgrcError] = NotReadyError
    stops: bool = True

    @classmethod
    def of(cls, setting: str, error: DgrcError) -> "Finding":
        """The finding that somebody else raised."""
        return cls(setting, " ".join(str(error).split()), type(error))

    @property
    def line(self) -> str:
        """Setting and words."""
        return f"{self.setting}: {self.words}" if self.setting else self.words


@dataclass
class Report:
    """All findings, each once, and what was looked at."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _told: dict[str, None] = field(default_factory=dict)

    def add(self, one: Finding | str) -> None:
        """Takes up a finding, or a note."""
        if isinstance(one, str):
            self.notes.append(one)
        elif one.line not in {known.line for known in self.findings}:
            self.findings.append(one)

    @property
    def stopping(self) -> list[Finding]:
        """The findings with which a job cannot succeed."""
        return [one for one in self.findings if one.stops]

    @property
    def warnings(self) -> list[str]:
        """The others, in words."""
        return [one.line for one in self.findings if not one.stops]

    def untold(self, lines: Iterable[str]) -> Iterator[str]:
        """Those of these lines that the user was not told yet, and is told now."""
        for line in lines:
            if line not in self._told:
                self._told[line] = None
                yield line

    def tell_stopping(self, say: Say) -> None:
        """Says what stops the job, as far as it is known and was not said."""
        found = [finding.line for finding in self.stopping[:MOST_SAID]]
        if lines := [*self.untold(found)]:
            say("This keeps it from starting:")
            for line in lines:
                say(f"- {line}")

    def error(self) -> DgrcError | None:
        """What to raise, all that stops the job, with what of it was said before; None if nothing does."""
        found = self.stopping
        if not found:
            return None
        error = found[0].kind(found[0].line) if len(found) == 1 else together(found)
        error.told = tuple(finding.line for finding in found if finding.line in self._told)
        return error


def together(found: Sequence[Finding]) -> NotReadyError:
    """One error of several findings."""
    more = [f"and {len(found) - MOST_SAID} more"] if len(found) > MOST_SAID else []
    return NotReadyError(f"{len(found)} things keep this from starting", *(f.line for f in found[:MOST_SAID]), *more)
