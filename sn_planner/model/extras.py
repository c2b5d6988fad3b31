"""Optional packages: imported where they are needed, by the one function that says what to install without them."""

from __future__ import annotations

import importlib
from typing import Any

from sn_planner.errors import ABSENT, MissingExtraError


def extra(module: str) -> Any:
    """An optional module; raises MissingExtraError where its package is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        fix = f"run: python -m pip install {package}, one of the extra 'studies'"
        raise MissingExtraError(package, ABSENT, "is not installed", fix, "missing-extra") from error
