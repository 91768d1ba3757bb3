"""What can be known to fail before anything starts, said at once and together, not after a run has ended.

A configuration and parts of a job flow in; a report flows out (`look`), or one error of all that stops the job
(`check`). Cheap looks come first: files and their first rows (`rows.py`), models (`models.py`), keys and servers
(`servers.py`), what is reserved of Ray (`resources.py`), memory and disk (`room.py`, `engine_memory.py`,
`training_memory.py`). Then transformers is read for chat templates (`templates.py`) and what a training needs
(`training.py`); what stops the job is said before that, since it takes seconds. No engine is started, no cluster is
joined, and nothing is generated.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from dgrc.config import Config, MethodConfig
from dgrc.errors import DgrcError, ExtraError, PromptPackError
from dgrc.runtime.extras import installed, needs
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.preflight.engine_memory import engines_have_memory
from dgrc.workflow.preflight.findings import Finding, Report, Say
from dgrc.workflow.preflight.models import engines, models_fit, stores_have
from dgrc.workflow.preflight.resources import resources_are_there
from dgrc.workflow.preflight.room import room_suffices
from dgrc.workflow.preflight.rows import files_there, rows_fit
from dgrc.workflow.preflight.servers import ANSWER_S, keys_are_set, servers_answer
from dgrc.workflow.preflight.templates import can_be_read, templates_render
from dgrc.workflow.preflight.training import training_fits
from dgrc.workflow.preflight.training_memory import training_has_memory
from dgrc.workflow.standing import check_standing

Look: TypeAlias = Callable[[Config, Collection[str]], Iterable[Finding | str]]
Tell: TypeAlias = Callable[[Report], None]
MOMENT_S = 1.0
"""So long who is asked may wait without a turn of work before it is said what is known already."""
NETWORK_S = 2.5
"""So long whoever asks a server or store may wait without a turn of work; the settings of a run bound longer waits."""
PATIENT_S = ANSWER_S + NETWORK_S
"""So long in all if nothing else stops the job: who is asked gives up first, and says why."""
TURN_NS = 10_000_000
"""What a retry of somebody's client does not take, and an import on the busiest machine does."""
AT_MOST_S = 60.0
"""So long it may take in all, on a machine that hardly gets to it."""


def check(config: Config, parts: Iterable[str] = (), say: Say | None = None, anew: bool = False) -> None:
    """Raises one error of all that keeps these parts of a job from being done; of no parts only what concerns models.

    Args:
        config: The settings.
        parts: Of `questions`, `curate`, `train`, `evaluate`.
        say: Takes a line for each thing that was looked at and for each that may go wrong.
        anew: A run of that name that was made with other settings is emptied, so nothing speaks against it.
    """

    def tell(report: Report) -> None:
        if say is not None:
            for line in report.untold(report.notes):
                say(f"looked at {line}")
            for line in report.untold(report.warnings):
                say(f"! {line}")

    report = look(config, tuple(parts), say, anew, tell)
    tell(report)
    if (error := report.error()) is not None:
        raise error


def look(
    config: Config, parts: Collection[str], say: Say | None = None, anew: bool = False, tell: Tell | None = None
) -> Report:
    """Everything that can be found out in seconds. Where the run does not stand where these parts begin, that is all
    that is told.

    Args:
        config: The settings.
        parts: As `check` has them; so are `say` and `anew`. What takes longer than a moment is announced to `say`, and
            before it begins what stops the job is said, which the report's error has again.
        tell: Says what was looked at and what may go wrong, as far as nobody was told; it is called before that.
    """
    report = Report()
    _take(report, _standing(config, parts, anew))
    _take(report, _extras(config, parts))  # what is not installed would be missing for whatever is to be done first
    if any(finding.kind is not ExtraError for finding in report.stopping):
        return report
    with _Network(config, parts) as network:
        for each in HERE:
            _take(report, each(config, parts))
    if network.outlasts(MOMENT_S):
        _so_far(report, say, tell)
    _take(report, network.found(say, patient=not report.stopping))
    if _takes_long(config, parts, report):
        _so_far(report, say, tell, "Chat templates, and what a training needs, are tried all the same.")
    _try(report, config, parts)
    return report


def check_pack(method: MethodConfig) -> None:
    """Raises PromptPackError if there is no such pack, or it lacks a step that a setting asks for."""
    from dgrc.method.prompts import load_pack

    pack = load_pack(method.prompts)
    if method.judge is not None:
        pack.require("judge", "method.judge")
    if method.grader:
        pack.require("grade", "method.grader")


def pack_called(method: MethodConfig) -> str:
    """The prompt pack with version and language, or what is wrong with it."""
    from dgrc.method.prompts import load_pack

    try:
        check_pack(method)
        return load_pack(method.prompts).called()
    except PromptPackError as e:
        return f"{method.prompts}: {e}"


def _so_far(report: Report, say: Say | None, tell: Tell | None, more: str = "") -> None:
    """Says what stops the job before all is known, so that nobody waits for it."""
    if say is None or not report.stopping:
        return
    if tell is not None:
        tell(report)
    report.tell_stopping(say)
    if more:
        say(more)


def _takes_long(config: Config, parts: Collection[str], report: Report) -> bool:
    """Whether there is a chat template to try, or a file of a training's own to read."""
    stores = not report.stopping
    if (not parts or "train" in parts) and config.training.replayed.files:
        return True
    return installed("transformers") and any(can_be_read(e.model, stores) for e in engines(config, parts).values())


def _try(report: Report, config: Config, parts: Collection[str]) -> None:
    """Chat templates, and what a training needs. What stops the job already may be why something cannot be tried, and
    is what is to be told then; nor is a store waited for beside it."""
    stopped = bool(report.stopping)
    for what, each in (("Chat templates", templates_render), ("What a training needs", training_fits)):
        try:
            _take(report, each(config, parts, stores=not stopped))
        except Exception as e:
            if not stopped:
                raise
            if not isinstance(e, ImportError):  # that it is not installed is told by itself
                report.add(Finding("", f"{what} could not be tried: {type(e).__name__}: {e}", stops=False))


def _take(report: Report, found: Iterable[Finding | str]) -> None:
    for one in found:
        report.add(one)


def _standing(config: Config, parts: Collection[str], anew: bool) -> Iterator[Finding]:
    from dgrc.pipeline.method_version import check_method

    run = RunDir.of(config)
    try:
        if "curate" in parts and not anew:
            check_method(run)
        check_standing(run, config, parts)
        if parts and not anew:
            run.check_claim(config)
    except DgrcError as e:
        yield Finding.of("", e)


def _extras(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    for need in needs(config, parts):
        if problem := need.missing():
            yield Finding("", problem, ExtraError)


def _pack(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    from dgrc.method.prompts import load_pack

    try:
        check_pack(config.method)
        writes = "questions" in parts or ("curate" in parts and not config.questions.files)
        if writes and config.corpus is not None:
            for step in ("write", *(("stands_alone",) if config.corpus.stands_alone else ())):
                load_pack(config.method.prompts).require(step, "corpus")
    except PromptPackError as e:
        yield Finding.of("method.prompts", e)


def _files(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    yield from files_there(config, parts)


def _files_on_stores(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    yield from files_there(config, parts, remote=True)


def _publishing(config: Config, parts: Collection[str]) -> Iterator[Finding]:
    from dgrc.storage.publish import check_target

    if config.publish is not None:
        try:
            check_target(config.publish)
        except DgrcError as e:
            yield Finding.of("publish", e)


HERE: tuple[Look, ...] = (
    _pack, _files, rows_fit, models_fit, keys_are_set, resources_are_there, room_suffices, engines_have_memory,
    training_has_memory,
)  # fmt: skip
"""What is looked at on this machine, and asked of a cluster's head."""


class _Network:
    """What is asked over a network, side by side and while the rest is looked at; none may hold a command up."""

    LOOKS: tuple[tuple[str, Look, float], ...] = (
        ("the servers of APIs", servers_answer, PATIENT_S),
        ("models on object stores and of the Hub", stores_have, PATIENT_S),
        ("files on object stores", _files_on_stores, NETWORK_S),
        ("the place to publish to", _publishing, NETWORK_S),
    )
    """What is asked, and how long it is waited for."""

    def __init__(self, config: Config, parts: Collection[str]):
        self._config, self._parts = config, parts
        self._results: dict[str, list[Finding | str] | Exception] = {}
        self._threads = {
            what: threading.Thread(target=self._ask, args=(what, each), daemon=True) for what, each, _ in self.LOOKS
        }

    def __enter__(self) -> "_Network":
        for thread in self._threads.values():
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def outlasts(self, seconds: float) -> bool:
        """Whether somebody who is asked has not answered after so long."""
        for thread in self._threads.values():
            _join(thread, seconds)
            if thread.is_alive():
                return True
        return False

    def found(self, say: Say | None = None, patient: bool = True) -> Iterator[Finding | str]:
        """What came of it in time, in order; what did not is said and stops nothing. Without patience nobody is waited
        for longer than a moment."""
        for what, _, longest in self.LOOKS:
            thread = self._threads[what]
            _join(thread, NETWORK_S)
            if thread.is_alive() and patient and longest > NETWORK_S:
                if say is not None:
                    say(f"No answer yet from {what}; it is waited for, {longest:g} s at most.")
                _join(thread, longest)
            result = self._results.get(what)
            if isinstance(result, Exception):
                raise result
            if result is None:
                yield Finding("", f"{what} did not answer in time and were not looked at.", stops=False)
            else:
                yield from result

    def _ask(self, what: str, each: Look) -> None:
        try:
            self._results[what] = list(each(self._config, self._parts))
        except Exception as e:  # noqa: BLE001 - raised again where it is asked for
            self._results[what] = e


def _join(thread: threading.Thread, longest: float) -> None:
    """Waits for a thread while it works; once it only waits itself, no longer than it may be waited for.

    On a machine that is busy its own imports take longer than any server, and a server that is away would pass.
    """
    began = waits = time.monotonic()
    worked = 0
    while thread.is_alive() and time.monotonic() - waits < longest and time.monotonic() - began < AT_MOST_S:
        thread.join(NETWORK_S / 10)
        try:
            spent = int(Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text().split()[0])
        except (OSError, ValueError, IndexError):  # it has ended, or nobody counts
            continue
        if spent - worked > TURN_NS:
            worked, waits = spent, time.monotonic()
