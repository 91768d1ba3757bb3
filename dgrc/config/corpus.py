"""Documents to write questions about."""

from typing import Literal

from pydantic import Field

from dgrc.config.questions import LimitsConfig
from dgrc.config.section import Sampling, Section


class CorpusConfig(Section):
    """Documents that the teacher writes questions about (`dgrc questions`)."""

    files: tuple[str, ...] = Field(
        (),
        description="JSONL, JSON, Parquet, CSV, TSV, TXT, MD, HTML, XML or PDF files, also packed as `.gz`, `.bz2`, "
        "`.xz` or `.zst`; globs and s3:// allowed. XML may be Akoma Ntoso, USLM, JATS (`.nxml`), PubMed or Formex; PDF "
        "needs the extra `pdf`.",
    )
    text: str = Field("text", description="Column with a document's text; a file without columns is one document.")
    path: str | None = Field(
        None,
        description="Where in HTML and XML files the text is: an XPath without namespaces, such as `//article`. By "
        "default the file's root element tells; one that is not known needs this.",
    )
    column_holds: Literal["text", "html", "xml"] = Field(
        "text", description="What the text column of JSONL, JSON, Parquet and CSV files holds."
    )
    title: str | None = Field("title", description="Column with its title, if there is one.")
    limits: LimitsConfig = Field(LimitsConfig(), description="Of these files.")
    id: str | None = Field("id", description="Column with the user's own id; else file and row.")
    form: Literal["multiple_choice", "short_answer", "yes_no"] = Field(
        "multiple_choice", description="The form of the questions."
    )
    questions_a_passage: int = Field(2, ge=1, le=16, description="Questions asked for about each passage.")
    passage_words: int = Field(
        350, ge=20, description="Most words of a passage. Eight characters of Chinese count as five words."
    )
    least_words: int = Field(40, ge=5, description="Passages of fewer words are not asked about.")
    near_duplicate: float = Field(
        0.8, ge=0, le=1,
        description="Passages, and written questions, whose words overlap so much count once; 1 switches it off.",
    )  # fmt: skip
    stands_alone: bool = Field(
        True, description="Have the teacher check, without the passage, that a question can be answered by itself."
    )
    limit: int | None = Field(
        None, ge=1, description="Take only the first so many passages, of which repeats are then removed."
    )
    sampling: Sampling = Field(Sampling(temperature=0.7, max_tokens=2048), description="How questions are drawn.")
