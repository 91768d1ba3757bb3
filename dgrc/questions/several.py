"""Whether several options of a question may be right, as rows say it. A cell flows in; yes, no or a problem out."""

from typing import Any

YES = frozenset(("true", "yes", "y", "1", "1.0", "t", "multiple", "multi", "是"))
NO = frozenset(("false", "no", "n", "0", "0.0", "f", "single", "", "nan", "none", "null", "否"))
KINDS, ONE = ("多项", "多选", "不定项"), ("单项", "单选", "判断")
"""Words of a kind of question (`不定项选择题`) by which several options may be right, or one."""


def several_of(row: dict[str, Any], name: str | None) -> tuple[bool, str | None]:
    """What the column of that name says, no where the row has none; or why it cannot be read."""
    value = row.get(name) if name else None
    if value is None or isinstance(value, bool):
        return bool(value), None
    said = str(value).strip().casefold()
    if said in YES or said in NO:
        return said in YES, None
    if any(word in said for word in KINDS):
        return True, None
    if any(word in said for word in ONE):
        return False, None
    return False, (
        f"the field {name!r} is {value!r:.80}; wanted is true or false, 1 or 0, yes or no: whether several options may "
        "be right. Mend it, or name another column in `fields.several`"
    )
