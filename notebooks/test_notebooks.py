"""Every notebook, executed afresh, gives the outputs it was committed with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

HERE = Path(__file__).parent
MEMORY_ADDRESS = re.compile(r"0x[0-9a-f]+")


def texts(notebook: Any) -> list[list[str]]:
    """What each cell printed, in however many pieces, and showed: text, and the tables of results.

    The bytes of pictures and of pandas' tables differ by version.
    """
    return [[MEMORY_ADDRESS.sub("0x…", text) for text in _texts(cell.get("outputs", []))] for cell in notebook.cells]


def _texts(outputs: list[Any]) -> list[str]:
    printed = "".join(output.get("text", "") for output in outputs)
    shown = [output.data for output in outputs if "data" in output]
    plain = [data.get("text/plain", "") for data in shown]
    return [printed, *plain, *(page for data in shown if "<caption" in (page := data.get("text/html", "")))]


@pytest.mark.parametrize("path", sorted(HERE.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook(path: Path) -> None:
    """Fresh outputs equal the committed ones."""
    committed = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    NotebookClient(fresh, timeout=300, resources={"metadata": {"path": str(HERE)}}).execute()
    assert texts(fresh) == texts(committed)
