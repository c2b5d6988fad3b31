"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def written_whole(path: str | Path) -> Iterator[str]:
    """A path beside `path` to write to; it takes its place once all is written, and is gone if anything fails.

    What is there and is no plain file (a device, a pipe) is written to as it is. Raises OSError as writing does.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        yield str(path)
        return
    target = Path(os.path.realpath(path))  # behind a link it is the file that is replaced
    beside = str(target.with_name(f".{target.name}.{os.getpid()}"))
    try:
        yield beside
        with suppress(FileNotFoundError):
            os.chmod(beside, stat.S_IMODE(target.stat().st_mode))
        os.replace(beside, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(beside)
        raise
