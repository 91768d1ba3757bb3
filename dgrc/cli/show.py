"""`dgrc show RUN [ID]`: a run at a glance, its cases by filters and words, or one case told as a story."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from dgrc.cli.common import say, tell_json

STATUS = ("divergent", "agreeing", "unparsed", "failed")
VERDICTS = ("passed", "mixed", "contradicted", "unchecked", "not held against facts")
AT_A_GLANCE, LISTED = 5, 20
NOT_FOUND = "No case has all of this. Take a filter or a word away."


@click.command(context_settings={"ignore_unknown_options": True})  # ids may begin with a minus
@click.argument("run", type=click.Path())
@click.argument("id_", required=False, metavar="[ID]")
@click.option("--status", multiple=True, type=click.Choice(STATUS), help="Cases of this status; repeatable.")
@click.option("--verdict", multiple=True, type=click.Choice(VERDICTS), help="By how chains fared; repeatable.")
@click.option("--unread", is_flag=True, help="Cases with a chain whose answer could not be read.")
@click.option("--search", default="", metavar="WORDS", help="Cases that have all these words, in any script, or an id.")
@click.option("--limit", type=click.IntRange(min=1), help="So many: 20 by default, as JSON all.")
@click.option("--json", "as_json", is_flag=True, help="Each case whole, one JSON object a line, and nothing else.")
@click.option("--raw", is_flag=True, help="The prompt, all answers and the teacher's replies as they came, too.")
@click.option("--round", "number", default=1, show_default=True, type=click.IntRange(min=1), help="Of this round.")
def show(run: str, id_: str | None, limit: int | None, as_json: bool, raw: bool, number: int, **asked: Any) -> None:
    """A run's figures and its most telling cases; with a filter or --search those cases; with ID one as a story.

    ID is the id in your own file, or dgrc's number. Nothing of a case is cut.
    """
    from dgrc.storage.objectstore.runs import looked_at

    folder, filters = looked_at(run, number), {name: said for name, said in asked.items() if said}
    if id_ is not None and (filters or limit):
        raise click.UsageError("One case is asked for by its ID, so there is nothing to filter. Leave the ID out.")
    if raw and not as_json and id_ is None:
        raise click.UsageError("--raw is of one case, or of cases as JSON. Give an ID, or --json.")
    if id_ is not None:
        (_json_cases if as_json else print_cases)(folder, [id_], raw=raw)
    elif as_json:
        _json_list(folder, filters, limit, raw)
    else:
        _print_list(folder, filters, limit)


def print_cases(run: Any, ids: Sequence[str], raw: bool = False, err: bool = False) -> None:
    """Tells cases by the user's ids or ours, on standard output or error."""
    from dgrc.view.case import prompt_of
    from dgrc.view.ready import indexed, method_of
    from dgrc.view.show.story import raw_replies, told_case

    method = method_of(run)
    with indexed(run, say) as store:
        for told in _found(run, store, method, ids):
            _print(told_case(told), err)
            if raw:
                prompt = prompt_of(store, int(told["id"]), method) if method is not None else None
                _print(raw_replies(told, prompt), err)


def _json_cases(run: Any, ids: Sequence[str], raw: bool) -> None:
    from dgrc.view.ready import indexed, method_of

    method = method_of(run)
    with indexed(run, say) as store:
        for told in _found(run, store, method, ids):
            tell_json(_plain(told, store, method, raw))


def _found(run: Any, store: Any, method: Any, ids: Iterable[str]) -> Iterable[Any]:
    """The stories of cases.

    Raises:
        RunDirError: the run has no such question, or it has not been gathered yet, or is damaged.
    """
    from dgrc.errors import RunDirError
    from dgrc.storage.objectstore.runs import lies_at
    from dgrc.view.stories import find, story

    for said in ids:
        number, troubles = find(store, said), list[str]()
        if number is None:
            raise RunDirError(
                f"The run {lies_at(run)} has no question {said!r}. `dgrc show {lies_at(run)}` lists some, and "
                "`--search` finds others; see also its quarantine."
            )
        told = story(store, method, number, troubles)
        if told is None:
            raise RunDirError(
                troubles[0] if troubles else f"The question {said} is not gathered yet in {lies_at(run)}. "
                "Run `dgrc curate` again to go on."
            )
        yield told


def _json_list(run: Any, filters: dict[str, Any], limit: int | None, raw: bool) -> None:
    from dgrc.view import lists
    from dgrc.view.ready import indexed, method_of
    from dgrc.view.stories import listed, stories

    method, troubles = method_of(run), list[str]()
    with indexed(run, say) as store:
        view = lists.cases(store)
        rows, some = listed(view, _chosen(view, filters), limit), False
        for told in stories(store, method, rows, troubles):
            tell_json(_plain(told, store, method, raw))
            some = True
        if not some and not troubles:
            say(_nothing(run, view, filters))
        for line in (*troubles, *_unread(store)):
            say(f"! {line}")


def _print_list(run: Any, filters: dict[str, Any], limit: int | None) -> None:
    from dgrc.report.said import Said
    from dgrc.view import lists
    from dgrc.view.ready import has_rows, indexed
    from dgrc.view.show.glance import told_run
    from dgrc.view.show.listing import told_rows
    from dgrc.view.stories import listed

    if not filters and limit is None:
        _print(told_run(run))
        if not has_rows(run):
            return
    with indexed(run, say) as store:
        view = lists.cases(store)
        chosen, most = _chosen(view, filters), limit or (LISTED if filters else AT_A_GLANCE)
        total = view.page(chosen, limit=0)["total"]
        if not total:
            say(_nothing(run, view, filters))
        else:
            shown = min(most, total)
            count = f"{shown:,} of {total:,} cases" if shown < total else f"{total:,} case{'' if total == 1 else 's'}"
            _print([Said(f"\n{count}, those that tell most first (dgrc show RUN ID):", style="bold")])
            _print(told_rows(store, listed(view, chosen, most)))
        for line in _unread(store):
            say(f"! {line}")


def _chosen(view: Any, filters: dict[str, Any]) -> Any:
    from dgrc.view.index.streams import UNREAD
    from dgrc.view.query import Chosen

    values = {name: list(said) for name, said in filters.items() if name in ("status", "verdict")}
    if "unread" in filters:
        names = view.facets["read_by"].names.values()
        values["read_by"] = [UNREAD, *(name for name in names if name.startswith("ended by "))]
    return Chosen(values, filters.get("search", ""), "telling")


def _nothing(run: Any, view: Any, filters: dict[str, Any]) -> str:
    from dgrc.storage.objectstore.runs import lies_at

    return NOT_FOUND if len(view.table) and filters else f"The run {lies_at(run)} has no cases yet."


def _unread(store: Any) -> Iterable[str]:
    return (f"{path} cannot be read: {trouble}" for _, path, trouble in store.files())


AS_IT_CAME = ("raw", "unread")
"""What a story holds of replies as they came, of a diagnosis and of an atom."""


def _plain(told: Any, store: Any, method: Any, raw: bool) -> dict[str, Any]:
    """A story as JSON holds it, the user's id and the verdict first; what was asked and replied if it is wanted."""
    from dgrc.view.case import prompt_of
    from dgrc.view.stories import name_of

    left = {name: value for name, value in told.items() if name not in ("marks", "outcome", "diagnoses")}
    diagnoses, atoms = (
        [{name: value for name, value in one.items() if raw or name not in AS_IT_CAME} for one in told[what]]
        for what in ("diagnoses", "atoms")
    )
    prompt = {"prompt": prompt_of(store, int(told["id"]), method)} if raw and method is not None else {}
    return {"name": name_of(told), "verdict": told["outcome"], **left, "atoms": atoms, "diagnoses": diagnoses, **prompt}


def _print(parts: Iterable[Any], err: bool = False) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False, stderr=err)
    for part in parts:
        console.print(part)
