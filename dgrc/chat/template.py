"""Chat messages in, the text of a model's own chat template out: the one place where dgrc renders a template.

Prompts of engines, examples of training and the checks before a run all come through here, so what one of them says of
a template holds for all. Three things happen to messages on the way. What would control the chat is broken up inside
their texts (`control`). A system message goes to the head of the first user's where the template refuses it or silently
leaves it out. And whatever a template raises, which is a program of the model's makers, becomes an error of ours.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import jinja2
import jinja2.ext
import jinja2.meta
import jinja2.nodes
import jinja2.sandbox

from dgrc.chat.control import Control, find_control
from dgrc.chat.ending import TurnEnd, find_end
from dgrc.chat.thoughts import CLOSED_AT_ONCE, mapped, thoughts_are_open
from dgrc.errors import DgrcError
from dgrc.records import Message

THINKING_NAMES = ("enable_thinking", "thinking")
"""By these variables templates are told whether the model should think."""
NO_DAY = datetime.date(2026, 1, 1)
"""What a template that asks for the date is told where no run says its day: never today's, or what was written one day
would not be found again the next."""
_OURS = frozenset({"messages", "add_generation_prompt", "continue_final_message", "strftime_now", "raise_exception"})
_PROBES = {"system": "qzsystemzq", "user": "qzuserzq", "assistant": "qzassistantzq"}
_ANY_PROBE = re.compile("|".join(_PROBES.values()))


class ChatTemplate:
    """The chat template of one tokenizer, and how it is asked.

    Args:
        tokenizer: A `transformers` tokenizer with a chat template.
        error: The class of the errors raised here.
        thinking: `on` and `off` are said to the template, `auto` leaves it to its own default.
        variables: Further variables for the template (`chat_template_kwargs`).
        day: The date that a template which writes one is told.

    Raises:
        DgrcError: of the class `error`: the template is none, or does not know what it should be told.
    """

    def __init__(
        self,
        tokenizer: Any,
        error: type[DgrcError],
        thinking: str = "auto",
        variables: Mapping[str, Any] | None = None,
        day: datetime.date | None = None,
    ):
        self.tokenizer = tokenizer
        self._midnight = datetime.datetime.combine(day or NO_DAY, datetime.time())
        self.error = error
        self._name = f"The chat template of the tokenizer {tokenizer.name_or_path!r}"
        try:
            self.source = str(tokenizer.get_chat_template())
            tree = _environment().parse(self.source)
        except (ValueError, jinja2.TemplateSyntaxError) as e:
            raise error(
                f"{self._name} cannot be used: {_first_line(e)} Give the model directory a chat_template.jinja that "
                "holds one Jinja template."
            ) from e
        self.literals = _literals(tree)
        self.knows = frozenset(jinja2.meta.find_undeclared_variables(tree))
        self._variables = self._checked(thinking, dict(variables or {}))

    def variables(self, think: bool = True) -> dict[str, Any]:
        """What the template is told besides the messages; without `think`, not to think, where it can be told."""
        return self._variables if think else {**self._variables, **self._thinking(False)}

    def render(self, messages: Sequence[Mapping[str, str]], prompt: bool = False, think: bool = True) -> str:
        """The chat as text; with `prompt` it ends where the assistant's reply begins.

        Raises DgrcError, of the template's class, if the template refuses the messages.
        """
        clean = [self.clean(message) for message in messages]
        return self._raw(folded(clean) if self.folds else clean, prompt, self.variables(think))

    def prompt_to_answer(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The chat up to where the assistant says something: after its thoughts, which are left empty."""
        prompt = self.render(messages, prompt=True, think=False)
        return prompt + CLOSED_AT_ONCE if thoughts_are_open(prompt) else prompt

    def clean(self, message: Mapping[str, str]) -> dict[str, str]:
        """A message whose texts hold nothing that controls a chat, but for the thoughts at an assistant's head."""
        return {key: text if key == "role" else self._clean(text, message["role"]) for key, text in message.items()}

    @cached_property
    def folds(self) -> bool:
        """Whether a system message has to go into the first user's: the template refuses it or leaves it out."""
        chat = [{"role": role, "content": _PROBES[role]} for role in ("system", "user")]
        try:
            return _PROBES["system"] not in self._raw(chat, True, self._variables)
        except self.error:
            return True

    @cached_property
    def end(self) -> TurnEnd | None:
        """How an assistant's turn ends; None if neither the template nor the tokenizer says so."""

        def after_reply(*roles: str) -> str:
            chat = [{"role": role, "content": _PROBES[role]} for role in roles]
            try:
                return self._raw(chat, False, self._variables).partition(_PROBES["assistant"])[2]
            except self.error:  # it takes one question alone, or no reply at all
                return ""

        followed = after_reply("user", "assistant", "user").partition(_PROBES["user"])[0]
        return find_end(self.tokenizer, after_reply("user", "assistant"), followed)

    @cached_property
    def control(self) -> Control:
        """What controls chats of this template and its tokenizer."""
        for roles in (("system", "user", "assistant", "user"), ("user", "assistant", "user"), ("user",)):
            chat = [{"role": role, "content": _PROBES[role]} for role in roles]
            try:
                rendered = self._raw(chat, True, self._variables)
            except self.error:
                continue
            return find_control(self.tokenizer, self.literals, _ANY_PROBE.split(rendered))
        return find_control(self.tokenizer, self.literals, ())

    def _clean(self, text: str, role: str) -> str:
        def broken_up(part: str) -> str:
            return self.control.broken_up(part, self.tokenizer)

        return mapped(text, broken_up) if role == "assistant" else broken_up(text)

    def _raw(self, messages: Sequence[Mapping[str, str]], prompt: bool, variables: Mapping[str, Any]) -> str:
        try:
            text = self.tokenizer.apply_chat_template(
                list(messages),
                tokenize=False,
                add_generation_prompt=prompt,
                **{"strftime_now": self._midnight.strftime, **variables},
            )
        except Exception as e:  # a template is a program of the model's makers and raises whatever it likes
            roles = ", ".join(message["role"] for message in messages)
            raise self.error(
                f"{self._name} refuses a chat of the roles {roles}: {type(e).__name__}: {_first_line(e)} Use another "
                "model, or give its directory a chat_template.jinja that takes such chats."
            ) from e
        assert isinstance(text, str)
        return text

    def _checked(self, thinking: str, variables: dict[str, Any]) -> dict[str, Any]:
        known = ", ".join(sorted(self.knows - _OURS)) or "none"
        if unknown := sorted(set(variables) - (self.knows - _OURS)):
            raise self.error(
                f"{self._name} does not use {', '.join(unknown)}, which `chat_template_kwargs` sets; of its own "
                f"variables there are: {known}. Name one of these, or leave it out."
            )
        if thinking == "auto":
            return variables
        told = self._thinking(thinking == "on")
        if not told:
            raise self.error(
                f"{self._name} cannot be told whether to think: it has none of the variables "
                f"{', '.join(THINKING_NAMES)} (its own: {known}), but `thinking` is `{thinking}`. Set `thinking: "
                "auto`, and its own variable under `chat_template_kwargs` if it has one."
            )
        if both := sorted(set(told) & set(variables)):
            raise self.error(
                f"`thinking: {thinking}` sets the variable {both[0]} of the chat template, and so does "
                "`chat_template_kwargs`. Leave one of them out."
            )
        return {**told, **variables}

    def _thinking(self, wanted: bool) -> dict[str, Any]:
        return {name: wanted for name in THINKING_NAMES if name in self.knows}


def folded(messages: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The messages with the system's text at the head of the first user's, a blank line between."""
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    rest: list[dict[str, str]] = [dict(m) for m in messages if m["role"] != "system"]
    if system and rest and rest[0]["role"] == "user":
        rest[0]["content"] = f"{system}\n\n{rest[0]['content']}"
    elif system:
        rest.insert(0, {"role": "user", "content": system})
    return rest


def missing_texts(rendered: str, messages: Sequence[Message]) -> list[str]:
    """The roles of the messages whose text a rendering does not hold, white space aside."""
    squeezed = "".join(rendered.split())
    return [m["role"] for m in messages if "".join(m["content"].split()) not in squeezed]


class _Generation(jinja2.ext.Extension):
    """Reads `{% generation %}` blocks, which mark what an assistant says, as what is inside them."""

    tags = {"generation"}  # noqa: RUF012 - as the base class has it

    def parse(self, parser: Any) -> list[jinja2.nodes.Node]:
        next(parser.stream)
        return list(parser.parse_statements(("name:endgeneration",), drop_needle=True))


def _environment() -> jinja2.sandbox.ImmutableSandboxedEnvironment:
    """Reads templates as transformers does; it renders none."""
    return jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols], autoescape=False
    )


def _literals(tree: jinja2.nodes.Template) -> tuple[str, ...]:
    data = [node.data for node in tree.find_all(jinja2.nodes.TemplateData)]
    constants = [node.value for node in tree.find_all(jinja2.nodes.Const) if isinstance(node.value, str)]
    return (*data, *constants)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0].rstrip(".") + ".") if lines else "(no message)."
