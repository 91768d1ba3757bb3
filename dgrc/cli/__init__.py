"""The `dgrc` command: thin click commands, one a file.

Nothing heavy (torch, ray, vllm) is imported before a command has its arguments, so help is instant.
Every `DgrcError` becomes one paragraph on standard error and exit code 2; where nothing was made to learn from, 3;
where the same may end well at another time, 75, the system's word for that. `dgrc submit --retries` goes by it.
"""

import os
import signal
import sys
import textwrap
import traceback
from collections.abc import Iterator

import click

from dgrc import __version__
from dgrc.cli.benchmark import benchmark
from dgrc.cli.common import say
from dgrc.cli.config import config
from dgrc.cli.curate import curate
from dgrc.cli.demo import demo
from dgrc.cli.evaluate import evaluate
from dgrc.cli.export import export
from dgrc.cli.init import init
from dgrc.cli.jobs import jobs
from dgrc.cli.pilot import pilot
from dgrc.cli.plan import plan
from dgrc.cli.premise import premise
from dgrc.cli.questions import questions
from dgrc.cli.report import report
from dgrc.cli.resume import resume
from dgrc.cli.run import run
from dgrc.cli.show import show
from dgrc.cli.status import status
from dgrc.cli.submit import submit
from dgrc.cli.train import train
from dgrc.cli.verify import repair, verify_run
from dgrc.cli.view import view
from dgrc.errors import DgrcError, EmptyCurriculumError, Several
from dgrc.runtime.signals import listen, told_to_end

BAD_INPUT, NOTHING_MADE, TRY_AGAIN = 2, 3, os.EX_TEMPFAIL
INTERRUPTED, TOLD_TO_END = 128 + signal.SIGINT, 128 + signal.SIGTERM


class Main(click.Group):
    """Turns errors that a user can act on into one paragraph."""

    def invoke(self, ctx: click.Context) -> object:
        listen()
        try:
            return super().invoke(ctx)
        except DgrcError as e:
            if ctx.params.get("debug"):
                say(traceback.format_exc())
            else:
                for paragraph in _paragraphs(e):
                    say(paragraph)
            nothing_made = isinstance(e, EmptyCurriculumError)
            self._exit(NOTHING_MADE if nothing_made else TRY_AGAIN if e.may_pass else BAD_INPUT)
        except KeyboardInterrupt:
            say("\ndgrc: stopped. What was finished is safe: run the same command again to go on.")
            self._exit(TOLD_TO_END if told_to_end() else INTERRUPTED)
        return None

    @staticmethod
    def _exit(code: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.exit(code)


def _paragraphs(e: DgrcError) -> Iterator[str]:
    """An error as it is shown: what was said before it was raised is not said again."""
    items = [item for item in e.items if item not in e.told] if isinstance(e, Several) else []
    if e.told and not items:
        yield "dgrc: what is named above keeps this from starting; nothing else was found."
    elif isinstance(e, Several) and items:
        yield _filled(f"dgrc: {e.words}; beside what is named above:" if e.told else f"dgrc: {e.words}:")
    else:
        yield _filled(f"dgrc: {e}")
    for item in items:
        yield _filled(item, "- ")


def _filled(text: str, mark: str = "") -> str:
    """A text as one paragraph, a YAML error, say, with lines of its own too."""
    return textwrap.fill(
        " ".join(text.split()), width=110, break_long_words=False, break_on_hyphens=False,
        initial_indent=mark, subsequent_indent=" " * len(mark),
    )  # fmt: skip


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the whole trace of an error.")
def main(debug: bool) -> None:
    """Turn a small open LLM into a specialist from unlabeled questions and a fallible teacher.

    CONFIG is a YAML file, or the name of one that comes with dgrc, such as legal/casehold. RUN is the folder of a run
    or its name, and means the run's own settings. Relative paths in them begin in the folder where dgrc is started.
    """


COMMANDS = (
    demo, init, questions, pilot, premise, curate, plan, train, export, evaluate, run, resume, show, view, report,
    status, verify_run, repair, config, benchmark, submit, jobs,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)
