"""A first configuration as text: names and columns in, a page of YAML with comments out, for `dgrc init` to write.

Everything that is not said here has a default. The text is read back before it is handed out, so what is written loads.
"""

import re
from collections.abc import Sequence
from typing import Any

from dgrc.config.file import make_config, read_yaml
from dgrc.config.questions import FieldMap
from dgrc.config.yaml_core import flow

TEACHER, STUDENT = "put-your-teacher-here", "put-your-student-here"
"""Stand for models that are not named yet; no such folders exist, so a dry run says so."""
LONGEST_COMMENT = 200
TEMPLATE = """\
# Written by `dgrc init`. Relative paths begin in the folder where dgrc is started.
# All settings and their defaults: docs/configuration.md. What is missing yet: dgrc run THIS-FILE --dry-run
name: {name}  # the run's folder in runs/
questions:
{notes}
{questions}
# A model is a Hugging Face folder or name, or behind an API: {{engine: openai_api, model: NAME,
# api: {{base_url: "https://HOST/v1", key_env: NAME_OF_A_VARIABLE}}}}. With `gpus: 0` it runs on CPUs.
teacher: {teacher}
student: {student}
method: {{prompts: general}}  # or legal, or medical; for questions in Chinese legal_zh or medical_zh
evaluation: {{files: []}}  # questions with labels to score the student on, before and after
"""


def starter(
    name: str,
    files: Sequence[str],
    fields: FieldMap | None,
    notes: Sequence[str],
    teacher: str = TEACHER,
    student: str = STUDENT,
    form: str | None = None,
) -> str:
    """The configuration's text.

    Args:
        name: What the run is to be called; characters that no folder should have are replaced.
        files: Question files or globs.
        fields: Where a question's parts are in them; None if their form needs no names.
        notes: What is to be said about these files, a comment each.
        teacher: The teacher's model.
        student: The student's.
        form: The published form of these files, if it is one.

    Raises:
        ConfigError: a value is none that a configuration can hold.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-") or "run"
    questions: dict[str, Any] = {"files": list(files)}
    if form is not None:
        questions["form"] = form
    if fields is not None:
        questions["fields"] = fields.model_dump(mode="json")
    models = {role: {"model": model, "gpus": 1} for role, model in (("teacher", teacher), ("student", student))}
    text = TEMPLATE.format(
        name=flow(name),
        notes="\n".join(f"  # {_comment(note)}" for note in notes),
        questions="\n".join(f"  {key}: {flow(value)}" for key, value in questions.items()),
        teacher=flow(models["teacher"]),
        student=flow(models["student"]),
    )
    written = make_config(read_yaml(text, "what was written"))
    assert written == make_config({"name": name, "questions": questions, **models, "method": {"prompts": "general"}})
    return text


def _comment(note: str) -> str:
    """A note within one line: a column may be called anything."""
    return "".join(sign if sign.isprintable() else " " for sign in note)[:LONGEST_COMMENT]
