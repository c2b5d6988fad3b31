"""The environment that users get: a virtual environment with `pip install .` and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., None]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a Python of that environment with some arguments; its modules are compiled, as pip leaves them."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    here = Path(__file__).parents[1]
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(here)], check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(*arguments: str) -> None:
        subprocess.run([python, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment, cwd=home)

    return run
