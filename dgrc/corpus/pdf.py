"""A PDF to a document: bytes in; its text, page after page, and its title out, or why it has none.

Read by pypdf, which is Python alone and comes with the extra `pdf`. A PDF knows no paragraphs and no headings: lines
come as they stand on the page, and `passages` finds headings among them by their words.
"""

import io
import logging
from collections.abc import Iterator
from typing import Any

from dgrc.config import CorpusConfig
from dgrc.questions.files.formats import Row
from dgrc.runtime.extras import PDF


def pdf_documents(data: bytes, corpus: CorpusConfig) -> Iterator[Row | str]:
    """The document of a file; a text instead of it, or beside it, says what could not be read.

    Raises:
        ExtraError: pypdf is not installed.
        ValueError: the file is no PDF, or is broken.
    """
    PDF.check()
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of each slip in a file that it then mends
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            yield "it is encrypted; save it without a password or protection, where its owner allows that"
            return
        pages = [page.extract_text().strip() for page in reader.pages]
        pictures = [at + 1 for at, page in enumerate(reader.pages) if not pages[at] and _has_picture(page)]
        title = reader.metadata.title if reader.metadata else None
    except (MemoryError, OSError):
        raise
    except Exception as e:  # of a broken file pypdf raises nearly anything: KeyError, RecursionError, its own
        raise ValueError(f"it cannot be read as a PDF: {type(e).__name__}: {e}") from e
    if not any(pages):
        yield f"its {len(pages):,} pages have no text: it is a scan, or empty; have its text recognized (OCR) first"
        return
    row: Row = {corpus.text: "\n".join(filter(None, pages))}
    if corpus.title and isinstance(title, str) and title.strip():
        row[corpus.title] = title.strip()
    yield row
    if pictures:
        named = ", ".join(map(str, pictures[:10])) + (f" and {len(pictures) - 10:,} more" if len(pictures) > 10 else "")
        yield f"pages {named} of {len(pages):,} are pictures without text and are left out of the document"


def _has_picture(page: Any) -> bool:
    resources = page.get("/Resources")
    found = resources.get_object().get("/XObject") if resources is not None else None
    inner = found.get_object().values() if found is not None else ()
    return any(item.get_object().get("/Subtype") == "/Image" for item in inner)
