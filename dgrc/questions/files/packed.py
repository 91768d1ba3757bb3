"""Files that may be packed: a path in, its bytes out as they are unpacked, bit by bit or whole within a limit.

`.gz`, `.bz2`, `.xz` and `.zst` may stand behind any suffix. What a file holds is told by the suffix below.
"""

import bz2
import codecs
import contextlib
import gzip
import io
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from dgrc.config import LimitsConfig
from dgrc.storage.objectstore.files import BUFFER, open_bytes

PACKED = (".gz", ".bz2", ".xz", ".zst")
WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"), (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)  # fmt: skip
"""The longest first: UTF-32 begins with the mark of UTF-16."""
LARGEST_DICTIONARY = 1 << 28
"""Bytes that unpacking `.xz` may take (its strongest preset takes a quarter); its header could ask for 4 GiB."""


def is_packed(path: str) -> bool:
    """Whether a file must be unpacked to be read."""
    return Path(path).suffix.lower() in PACKED


def suffix_of(path: str) -> str:
    """What a file holds: its suffix in lower case, below that of its packing."""
    return Path(Path(path).stem if is_packed(path) else path).suffix.lower()


@contextlib.contextmanager
def unpacked(path: str) -> Iterator[IO[bytes]]:
    """A file's bytes to read, as they are unpacked."""
    with open_bytes(path) as file, _opened(file, Path(path).suffix.lower()) as inner:
        yield inner


def refuse_wide(file: Any) -> None:
    """Raises ValueError where a text file begins as UTF-16 or UTF-32 does: its lines cannot be told, so that rows would
    be lost or read as others."""
    head = file.peek(4)
    for mark, name in WIDE_MARKS:
        if head.startswith(mark):
            raise ValueError(f"it is {name} by its first bytes, wanted is UTF-8: iconv -f {name} -t UTF-8")


def _opened(file: io.BufferedReader, packing: str) -> Any:
    if packing in PACKED and not file.peek(1):  # some libraries take it for an archive of nothing
        raise EOFError("the archive has not a single byte")
    if packing == ".gz":
        return gzip.GzipFile(fileobj=file, mode="rb")
    if packing == ".bz2":
        return bz2.BZ2File(file)
    if packing == ".xz":
        return io.BufferedReader(_Xz(file), BUFFER)
    if packing == ".zst":
        import pyarrow as pa

        return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd"), BUFFER)
    return contextlib.nullcontext(file)


def whole(path: str, limits: LimitsConfig) -> bytes:
    """The content of a file that must be in memory at once, unpacked; ValueError if it is too large."""
    with unpacked(path) as f:
        data = f.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise ValueError(
            f"it is read into memory whole, and is larger than `limits.file_bytes` {limits.file_bytes:,}; JSONL and "
            "Parquet that is not packed are read bit by bit"
        )
    return data


class _Xz(io.RawIOBase):
    """What `lzma.open` is, within a limit of memory that `lzma.open` does not take."""

    def __init__(self, file: IO[bytes]):
        self._file, self._stream = file, lzma.LZMADecompressor(memlimit=LARGEST_DICTIONARY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            if self._stream.eof:  # another may follow
                rest = self._stream.unused_data.lstrip(b"\0") or self._file.read(1 << 16).lstrip(b"\0")
                if not rest:
                    return 0
                self._stream = lzma.LZMADecompressor(memlimit=LARGEST_DICTIONARY)
            else:
                rest = self._file.read(1 << 16) if self._stream.needs_input else b""
                if not rest and self._stream.needs_input:
                    raise EOFError("the archive ended before its end was marked")
            if data := self._stream.decompress(rest, len(buffer)):
                buffer[: len(data)] = data
                return len(data)
