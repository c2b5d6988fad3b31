"""Packages that may not be there: whoever needs one is told what to install."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sn_planner.errors import ABSENT, MissingExtraError


def extra(module: str) -> Any:
    """An optional module; raises MissingExtraError where its package is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise _missing(module.partition(".")[0], ", one of the extra 'studies'") from error


@contextmanager
def installed() -> Iterator[None]:
    """Raises MissingExtraError where a package that is imported inside is not installed.

    Every ordinary installation has them; in a browser there is no numpy.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package == "sn_planner":
            raise
        raise _missing(package) from error


def _missing(package: str, which: str = "") -> MissingExtraError:
    fix = f"run: python -m pip install {package}{which}"
    return MissingExtraError(package, ABSENT, "is not installed", fix, "missing-extra")
