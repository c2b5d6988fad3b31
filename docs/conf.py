"""How Sphinx builds these pages: `python -m sphinx -W docs docs/_build`, with the extra `docs`."""

from __future__ import annotations

import shutil
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent

project = "sn_planner"
author = "the authors of sn_planner"
version = release = version_of("sn-planner")
extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "facts.py", "notebooks/data"]
html_theme = "furo"
html_title = f"sn_planner {version}"
nb_execution_mode = "off"  # they are committed with their outputs, and executed afresh by a test
myst_heading_anchors = 3
autodoc_default_options = {"members": True, "inherited-members": False}
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
suppress_warnings = ["mystnb.unknown_mime_type"]  # a slider without its kernel has none

# The notebooks stand beside the package, where people open them; Sphinx reads only what is below its own folder.
shutil.rmtree(HERE / "notebooks", ignore_errors=True)
shutil.copytree(
    HERE.parent / "notebooks", HERE / "notebooks", ignore=shutil.ignore_patterns("*.py", "__pycache__", ".*")
)
