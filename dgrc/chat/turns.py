"""The turn that an example teaches, as the student will have to say it: a chat in, its text and the learned part out.

A template may render a turn that is over in another way than it has it generated, most of all where it knows of
thoughts: it leaves them out of the turn, or writes an empty `<think></think>` before a text that has none, or opens
`<think>` in the prompt. What is learned must continue the prompt. So, of an example with thoughts, they are rendered in
whichever form the template has for them; of one without, the thoughts are empty, as they are in a prompt that asks for
none (`thinking: off`). The marks of empty thoughts carry loss where the prompt does not hold them: a student that is
not told to leave thinking out still answers as it was taught.
"""

from collections.abc import Sequence

from dgrc.chat.template import ChatTemplate, folded
from dgrc.chat.thoughts import (
    CLOSE,
    CLOSED_AT_ONCE,
    split_thoughts,
    thoughts_are_open,
    thoughts_begin,
    without_empty_thoughts,
)
from dgrc.records import Message

THOUGHTS_KEYS = ("reasoning_content", "reasoning", "thinking")
"""Keys of a message under which templates look for its thoughts."""
Span = tuple[int, int]


def last_turn(template: ChatTemplate, messages: Sequence[Message]) -> tuple[str, Span]:
    """The text of a chat, and where its last reply stands in it, up to and with the token that ends the turn if the
    template writes one.

    Raises DgrcError, of the template's class, if the template does not render the reply whole and as the continuation
    of its prompt.
    """
    prompt = template.render(messages[:-1], prompt=True)
    # White space after the end of the turn belongs to the template: generation stops before it.
    whole = template.render(messages)
    if messages[0]["role"] == "system" and not whole.startswith(prompt):
        other = folded(messages)  # some leave the system's out of a chat that is over (Mistral 7B v0.3)
        if (rendered := template.render(other)).startswith(prompt):
            messages, whole = other, rendered
    rendered = whole.rstrip()
    thoughts, said = split_thoughts(template.clean(messages[-1])["content"])
    if thoughts is None:
        found = _answer(template, messages, prompt, rendered)
    else:
        found = _with_thoughts(template, messages, prompt, thoughts, said)
    if found is None and _continues(rendered, prompt):
        found = rendered  # whatever it lacks is said below
    if found is None:
        problem = f"the chat, {clip(rendered, 400)}, does not begin with its generation prompt, {clip(prompt, 400)}"
    else:
        text, begin = found + whole[len(rendered) :], len(prompt)
        place = template.end.place(text, begin) if template.end else None
        end = len(found) if place is None else place
        if not (problem := lacking(text[begin:end], [thoughts or "", said])):
            return text, (begin, end)
    raise template.error(
        f"The chat template of the tokenizer {template.tokenizer.name_or_path!r} cannot be trained on: {problem}. A "
        "reply must be rendered whole and as the continuation of its prompt, or what is learned is not what is "
        "generated. Give the base model a template that keeps the last turn as it is"
        + (", or leave the thoughts out (`training.thoughts: drop`)." if thoughts else ".")
    )


def said_at(template: ChatTemplate, message: Message, text: str, reply: Span) -> int:
    """Where in a reply, as `last_turn` gave it, the message begins: behind thoughts that are empty and other marks.

    White space that follows the prompt is said too.
    """
    thoughts, said = split_thoughts(template.clean(message)["content"])
    found = text.rfind(said.strip(), *reply) if thoughts is None else -1
    return reply[0] if found < 0 or not text[reply[0] : found].strip() else found


def lacking(reply: str, parts: Sequence[str]) -> str:
    """What is wrong with a rendered reply that lacks one of the texts it was made of; empty if nothing is."""
    lost = next((part for part in parts if _squeeze(part) not in _squeeze(reply)), None)
    return "" if lost is None else f"the reply as rendered, {clip(reply)}, lacks part of the message, {clip(lost)}"


def clip(text: str, longest: int = 80) -> str:
    """A text as an error quotes it."""
    return repr(text if len(text) <= longest else f"{text[:longest]}...")


def _answer(template: ChatTemplate, messages: Sequence[Message], prompt: str, rendered: str) -> str | None:
    """A chat whose reply has no thoughts, continuing its prompt; None if it cannot."""
    if _continues(rendered, prompt):
        unthinking = template.render(messages[:-1], prompt=True, think=False)
        if unthinking.startswith(prompt) and not rendered.startswith(unthinking):
            return unthinking + without_empty_thoughts(rendered[len(prompt) :])
        return rendered
    stem = _stem(prompt)
    if stem is None or not rendered.startswith(stem):
        return None
    return _closed(template, messages, prompt) + without_empty_thoughts(rendered[len(stem) :]).lstrip()


def _closed(template: ChatTemplate, messages: Sequence[Message], prompt: str) -> str:
    """A prompt that ends with thoughts, with these empty and closed."""
    closed = template.prompt_to_answer(messages[:-1])
    return closed if closed.startswith(prompt) else prompt + CLOSED_AT_ONCE * thoughts_are_open(prompt)


def _with_thoughts(
    template: ChatTemplate, messages: Sequence[Message], prompt: str, thoughts: str, said: str
) -> str | None:
    """A chat whose reply has thoughts, continuing its prompt, in the first form that the template renders whole."""
    turn: Message = {"role": messages[-1]["role"], "content": said}
    keyed = [{**turn, key: thoughts} for key in THOUGHTS_KEYS]
    for last in (messages[-1], *keyed):
        rendered = template.render([*messages[:-1], last]).rstrip()
        if _continues(rendered, prompt) and not lacking(rendered[len(prompt) :], [thoughts, said]):
            return rendered
    stem = _stem(prompt)
    bare = template.render([*messages[:-1], turn]).rstrip()
    if stem is None or not thoughts_are_open(prompt) or not bare.startswith(stem):
        return None
    return f"{prompt}{thoughts}\n{CLOSE}\n\n{without_empty_thoughts(bare[len(stem) :]).lstrip()}"


def _continues(rendered: str, prompt: str) -> bool:
    return bool(prompt) and rendered.startswith(prompt) and len(rendered) > len(prompt)


def _stem(prompt: str) -> str | None:
    """A generation prompt up to the thoughts that it ends with."""
    begin = thoughts_begin(prompt)
    return None if begin is None else prompt[:begin]


def _squeeze(text: str) -> str:
    """Without white space, which templates trim and add around the parts of a reply."""
    return "".join(text.split())
