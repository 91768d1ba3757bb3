"""Files on this machine and on object stores alike: a path or a URL such as s3://bucket/key in, open files out.

Which store is meant and who asks comes from the environment, as all of AWS's tools take it: AWS_ENDPOINT_URL for a
store other than Amazon's, AWS_REGION, and AWS's chain of credentials. So no key stands in a configuration, and a
cluster's nodes may have theirs by a role. Every wait is bounded: a store that is away is an error after seconds.
"""

import errno
import functools
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dgrc.errors import StorageError, StoreAwayError

CONNECT_S, REQUEST_S, ATTEMPTS = 5, 20, 3
"""Longest wait for a connection and for any answer on it, and how often each request is tried."""
BUFFER = 1 << 20
OF_THIS_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO)
_KINDS = (
    ("NO_SUCH_BUCKET|bucket does not exist|NoSuchBucket",
     "there is no such bucket. Look at its name, and at AWS_ENDPOINT_URL if the store is not Amazon's."),
    ("ACCESS_DENIED|INVALID_ACCESS_KEY|INVALID_CLIENT_TOKEN|SIGNATURE|MISSING_AUTH|EXPIRED|UNRECOGNIZED_CLIENT|403",
     "the store refuses these credentials, or there are none. Give every node AWS_ACCESS_KEY_ID and "
     "AWS_SECRET_ACCESS_KEY or a role that may use this bucket."),
    (r"NETWORK_CONNECTION|curlCode|REQUEST_TIMEOUT|SERVICE_UNAVAILABLE|SLOW_DOWN|INTERNAL_FAILURE|HTTP status 5\d\d",
     "the store does not answer, or fails. See that it is up and reached from this machine; AWS_ENDPOINT_URL says "
     "where it is."),
)  # fmt: skip


def is_remote(path: str) -> bool:
    """Whether a path is a URL on some store."""
    return "://" in path


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path on it, without a slash at its end.

    Raises:
        StorageError: there is no such kind of store, or the URL has a key in it.
    """
    from pyarrow import fs

    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise StorageError(
            f"A URL of the store {parts.scheme}://{parts.hostname} has credentials in it, and URLs are written to "
            "logs. Put them into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead."
        )
    if parts.scheme == "s3":
        path = url.removeprefix("s3://").rstrip("/")
        if not parts.netloc:
            raise StorageError(f"The URL {url!r} names no bucket; wanted is s3://bucket/folder.")
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
        with explaining(url):
            return _s3(parts.netloc, endpoint, region), path
    with explaining(url):
        found, path = fs.FileSystem.from_uri(url)
        return found, path.rstrip("/")


@functools.lru_cache(maxsize=32)
def _s3(bucket: str, endpoint: str, region: str) -> Any:
    from pyarrow import fs

    options: dict[str, Any] = {}
    if endpoint:
        scheme, _, host = endpoint.rstrip("/").rpartition("://")
        options = {"endpoint_override": host, "scheme": scheme or "https"}
    return fs.S3FileSystem(
        region=region or ("us-east-1" if endpoint else fs.resolve_s3_region(bucket)),
        connect_timeout=CONNECT_S, request_timeout=REQUEST_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS), **options,
    )  # fmt: skip


@contextmanager
def explaining(url: str) -> Iterator[None]:
    """Turns what a store refuses inside into one paragraph.

    Raises:
        StorageError: for whatever Arrow raised. What the disk of this machine refuses is passed on.
    """
    import pyarrow as pa

    try:
        yield
    except StorageError:
        raise
    except (OSError, pa.ArrowException, ValueError) as e:
        if isinstance(e, OSError) and e.errno in OF_THIS_MACHINE:
            raise
        kind = StoreAwayError if _kind(e) == _KINDS[-1] else StorageError
        raise kind(f"{url} cannot be used: {_reason(e)}") from e


def _kind(error: Exception) -> tuple[str, str] | None:
    """The kind that a store's refusal is of, with what it means."""
    said = _said(error)
    return next((kind for kind in _KINDS if re.search(kind[0], said)), None)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _reason(error: Exception) -> str:
    said, kind = _said(error), _kind(error)
    if kind is not None:
        return f"{kind[1]} It said: {said}"
    if isinstance(error, FileNotFoundError):
        return "there is no such file. Look at its name, and at AWS_ENDPOINT_URL if the store is not Amazon's."
    return f"{said.rstrip('.')}. Wanted is a URL such as s3://bucket/folder on a store that every node reaches."


def open_bytes(path: str) -> io.BufferedReader:
    """A file to read, buffered and seekable.

    Raises:
        OSError: it cannot be opened (`StorageError` on a store).
    """
    if not is_remote(path):
        return open(path, "rb")
    system, inner = file_system(path)
    with explaining(path):
        return io.BufferedReader(_Explained(system.open_input_file(inner), path), BUFFER)


def size(path: str) -> int:
    """A file's bytes.

    Raises:
        OSError: there is no such file (`StorageError` on a store).
    """
    if not is_remote(path):
        return os.stat(path).st_size
    system, inner = file_system(path)
    with explaining(path):
        return int(system.get_file_info([inner])[0].size or 0)


class _Explained(io.RawIOBase):
    """A file of Arrow's as Python's own kind, whose failures in the middle of a file are explained too."""

    def __init__(self, file: Any, url: str):
        self._file, self._url = file, url

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with explaining(self._url):
            return int(self._file.readinto(buffer))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        self._file.close()
        super().close()


def matching(pattern: str) -> list[str]:
    """The files on a store that a URL with `*`, `?`, `[…]` and `**` names, in order; also the one it names as it is.

    Raises:
        StorageError: the store cannot be asked, or has no such bucket.
    """
    from pyarrow import fs

    system, inner = file_system(pattern)
    scheme = pattern.partition("://")[0]
    fixed = re.split(r"[*?\[]", inner, maxsplit=1)[0]
    with explaining(pattern):
        if fixed == inner:
            (found,) = system.get_file_info([inner])
            files = [found] if found.type == fs.FileType.File else []
        else:
            folder = fixed.rpartition("/")[0]
            files = system.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
        if not files:
            require_bucket(system, inner)
    wanted = re.compile(_as_regex(inner))
    names = (info.path for info in files if info.type == fs.FileType.File)
    return sorted(f"{scheme}://{name}" for name in names if fixed == inner or wanted.fullmatch(name))


def require_bucket(system: Any, inner: str) -> None:
    """Raises FileNotFoundError if a path's bucket does not exist: stores say of one only that nothing is in it."""
    from pyarrow import fs

    bucket = inner.partition("/")[0]
    if isinstance(system, fs.S3FileSystem) and system.get_file_info([bucket])[0].type == fs.FileType.NotFound:
        raise FileNotFoundError(f"NoSuchBucket: {bucket}")


def _as_regex(pattern: str) -> str:
    """A glob in which `*` stays within a folder and `**/` does not, as `glob.glob` takes it."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        known.get(part) or (part.replace("[!", "[^") if part[:1] == "[" and part[-1:] == "]" else re.escape(part))
        for part in parts
    )


def beside(path: str, name: str) -> str | None:
    """The file of another name in the same folder, or None if it is not there."""
    other = f"{path.rpartition('/')[0]}/{name}" if is_remote(path) else str(Path(path).with_name(name))
    return other if (matching(other) if is_remote(path) else Path(other).is_file()) else None
