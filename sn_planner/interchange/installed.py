"""This package as it is installed."""

from __future__ import annotations


def installed_version() -> str:
    """The version that is installed; "unknown" in a checkout that is not."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sn-planner")
    except PackageNotFoundError:
        return "unknown"
