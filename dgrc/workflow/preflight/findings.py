"""What a look before the start finds: problems, of which some stop a job, go in; one error of these comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dgrc.errors import DgrcError, NotReadyError

MOST_SAID = 40


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

    def error(self) -> DgrcError | None:
        """What to raise; None if nothing stops the job."""
        found = self.stopping
        if not found:
            return None
        return found[0].kind(found[0].line) if len(found) == 1 else together(found)


def together(found: Sequence[Finding]) -> NotReadyError:
    """One error of several findings."""
    more = [f"and {len(found) - MOST_SAID} more"] if len(found) > MOST_SAID else []
    return NotReadyError(f"{len(found)} things keep this from starting", *(f.line for f in found[:MOST_SAID]), *more)
