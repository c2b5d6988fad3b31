"""How Sphinx builds these pages: `python -m sphinx -W docs docs/_build`, with the extra `docs`."""

from __future__ import annotations

import builtins
import shutil
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

HERE = Path(__file__).parent

project = "sn_planner"
author = "the authors of sn_planner"
version = release = version_of("sn-planner")
extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "planner", "notebooks/data"]
html_theme = "furo"
html_title = f"sn_planner {version}"
html_show_copyright = False
nb_execution_mode = "off"  # they are committed with their outputs, and executed afresh by a test
myst_heading_anchors = 3
autodoc_default_options = {"members": True, "inherited-members": False}
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
suppress_warnings = ["mystnb.unknown_mime_type"]  # a slider without its kernel has none
default_role = "code"  # the docstrings' `name`
python_maximum_signature_line_length = 100
python_display_short_literal_types = True
toc_object_entries_show_parents = "hide"

# The notebooks stand beside the package, where people open them; Sphinx reads only what is below its own folder.
shutil.rmtree(HERE / "notebooks", ignore_errors=True)
shutil.copytree(
    HERE.parent / "notebooks", HERE / "notebooks", ignore=shutil.ignore_patterns("*.py", "__pycache__", ".*")
)


def no_docstring_of_its_type(_: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Data has what its page says of it, not what Python says of every tuple and mapping."""
    if what == "data":
        lines.clear()


def no_link_of_built_ins(_: Sphinx, document: nodes.document) -> None:
    """The type `range` in a signature is Python's, not an attribute of that name."""
    for link in list(document.findall(pending_xref)):
        if link.get("refdomain") == "py" and hasattr(builtins, str(link.get("reftarget"))):
            link.replace_self(link.children)


def setup(app: Sphinx) -> None:
    """What autodoc has no option for."""
    app.connect("autodoc-process-docstring", no_docstring_of_its_type)
    app.connect("doctree-read", no_link_of_built_ins)
