"""Where checkpoints go: the run's folder, another shared folder, or a store such as s3://bucket/folder."""

from pathlib import Path
from typing import Any

from dgrc.config.training import TrainingConfig
from dgrc.errors import StorageError, TrainingError
from dgrc.storage.objectstore.files import explaining, file_system, is_remote, require_bucket


def checkpoints_at(config: TrainingConfig, folder: Path) -> tuple[Any, str]:
    """The file system that checkpoints go to, and the folder on it; `folder` if none is configured.

    Raises:
        TrainingError: it cannot be used, or has no such bucket.
    """
    from pyarrow import fs

    where = config.checkpoints.storage or str(folder)
    if not is_remote(where):
        return fs.LocalFileSystem(), str(Path(where).absolute())
    try:
        system, path = file_system(where)
        with explaining(where):
            require_bucket(system, path)
        return system, path
    except StorageError as e:
        raise TrainingError(f"`training.checkpoints.storage` is {where!r}. {e}") from e
