"""The unlabeled questions: which files, which columns, and what is refused."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from dgrc.config.section import Section

Form = Literal[
    "medmcqa", "medqa", "mmlu", "pubmedqa", "cmb", "cmexam", "casehold", "case_hold", "legalbench", "jecqa", "lawbench",
    "bar_exam",
]
"""In which form published questions are given out; `dgrc/questions/published/` has a file for each."""


LATER_SETTINGS = {"fields.several": "several"}
"""Settings that came later, with what runs had before there were such: at these they decide nothing."""


class FieldMap(Section):
    """Where a question's parts are in a user's rows."""

    text: str = Field("question", description="Column or key that holds the question.")
    choices: str | tuple[str, ...] | None = Field(
        "choices",
        description="Column with the options (a list, or an object by letters), or a list of columns with one option "
        "each; null says that the questions have none.",
    )
    label: str | None = Field("label", description="Column with the right answer; evaluation alone reads it.")
    several: str | None = Field(
        "several",
        description="Column that says (true or false, 1 or 0, yes or no) whether several options of the question may "
        "be right, if any. Then all their letters are asked for, and answers are compared as sets.",
    )
    source_id: str | None = Field("id", description="Column with the user's own id.")


class LimitsConfig(Section):
    """How much of a file is taken in at once, so that none can fill the memory."""

    row_bytes: int = Field(1 << 24, ge=1024, description="Longest line or row; a longer one is refused alone.")
    file_bytes: int = Field(
        1 << 31, ge=1024,
        description="Largest file that must be read whole: `.json` that is no JSON Lines, packed Parquet, and "
        "documents that are one text; unpacked size.",
    )  # fmt: skip
    json_depth: int = Field(64, ge=2, le=200, description="Deepest nesting of a row; a deeper one is refused alone.")


class QuestionsConfig(Section):
    """The unlabeled questions."""

    files: tuple[str, ...] = Field(
        (),
        description="JSONL, JSON, Parquet, CSV or TSV files, also packed as .gz, .bz2, .xz or .zst; globs and s3:// "
        "allowed.",
    )
    form: Form | None = Field(
        None,
        description="In which published form these files are, in the place of `fields`; docs/evaluation.md says what "
        "is read.",
    )
    fields: FieldMap = Field(FieldMap(), description="Column names; chat turns (`conversations`) need none.")
    limits: LimitsConfig = Field(LimitsConfig(), description="Of question and chain files.")
    broken_files: Literal["stop", "quarantine"] = Field(
        "stop",
        description="What to do about a file that cannot be read, or not to its end: stop, or put it on record in "
        "`quarantine/`, keep the rows before the damage and go on.",
    )
    limit: int | None = Field(None, ge=1, description="Take only the first so many good questions.")
    sample: int | None = Field(None, ge=1, description="Take a random sample of so many good questions, by `seed`.")
    contamination: Literal["off", "report", "quarantine"] = Field(
        "report",
        description="What to do with questions that share `contamination_ngram` words in a row with one of "
        "`evaluation.files`: count and say, or refuse as well.",
    )
    contamination_ngram: int = Field(
        13, ge=2, description="Words in a row that make a question contaminated. Of Chinese, 21 characters are "
        "13 words.",
    )  # fmt: skip
    teacher_chains: tuple[str, ...] = Field(
        (), description="JSONL files of teacher chains made elsewhere; their questions are not sampled again."
    )
    student_chains: tuple[str, ...] = Field((), description="The same for the student.")

    def objections(self) -> Iterator[str]:
        if self.form is not None and self.fields != FieldMap():
            yield "`form` says where a question's parts are, and so do `fields`. Set one of them"
