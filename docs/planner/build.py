"""Builds the page that plans in a browser: `python docs/planner/build.py FOLDER`, with sn_planner installed and npm.

The folder can be served by any host of files. It has the page, and in a folder named by its content, which may be kept
for ever by whoever loads it, the engine: Pyodide, which is Python for browsers, as npm has it, and one archive with
sn_planner and the pure packages it takes. PyYAML has no pure wheel; its Python files are one. There is no numpy.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from base64 import b64decode
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from importlib.metadata import version as version_of
from pathlib import Path

from sn_planner.model.releases import RELEASES

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "sn_planner"
PYODIDE = "314.0.7"
INTEGRITY = "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
PURE = ("attrs", "netaddr", "PyYAML")
PACKED = ("pyodide.asm.wasm",)  # here, since not every host compresses what it sends, and not every one this kind
FETCHED = (*PACKED, "python_stdlib.zip", "python.zip", "lock.json")  # whose bytes the page counts as they come
PAGE = ("*.html", "*.css", "*.js", "*.svg")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the date of every file in an archive: the same content is the same archive


def main() -> None:
    """The command."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python docs/planner/build.py FOLDER")
    folder = Path(sys.argv[1])
    if folder.exists() and any(folder.iterdir()) and not (folder / "built.js").exists():
        raise SystemExit(f"{folder} has other files in it; name a new folder, or that of an earlier build")
    with tempfile.TemporaryDirectory() as work:
        archive = fetched(Path(work)).read_bytes()
    build(folder, archive)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder} has the page, {size / 1e6:.1f} MB; see it: python -m http.server --directory {folder}")


def fetched(work: Path) -> Path:
    """Pyodide's archive, by npm from whatever registry it is set to."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not installed; it fetches Pyodide")
    ran = subprocess.run(
        [npm, "pack", "--silent", f"pyodide@{PYODIDE}"], cwd=work, stdout=subprocess.DEVNULL, check=False
    )
    if ran.returncode:
        raise SystemExit(f"npm cannot fetch pyodide {PYODIDE}; it says why above")
    return next(work.glob("pyodide-*.tgz"))


def build(folder: Path, archive: bytes) -> None:
    """The page and its engine, in place of those of an earlier build. Refuses an archive that is another."""
    if hashlib.sha512(archive).digest() != b64decode(INTEGRITY.removeprefix("sha512-")):
        raise SystemExit(f"what npm gave is not pyodide {PYODIDE}: its SHA-512 is another than the one pinned")
    engine = dict(runtime(archive)) | {"python.zip": python_archive()}
    for name in PACKED:
        engine[f"{name}.packed"] = gzip.compress(engine.pop(name), mtime=0)
    digest = hashlib.sha256(b"".join(name.encode() + content for name, content in sorted(engine.items())))
    home = f"engine-{digest.hexdigest()[:12]}"
    told = {
        "version": version_of("sn-planner"),
        "runtime": PYODIDE,
        "folder": f"{home}/",
        "pyodide": RUNTIME[0],
        "packed": PACKED,
        "bytes": sum(len(engine.get(name, engine.get(f"{name}.packed", b""))) for name in FETCHED),
        "releases": lines_of_releases(),
    }
    files = {f"{home}/{name}": content for name, content in engine.items()}
    files |= {path.name: path.read_bytes() for pattern in PAGE for path in HERE.glob(pattern)}
    files["built.js"] = f"export const BUILT = {json.dumps(told, indent=2)};\n".encode()
    files["licences.txt"] = licences().encode()
    (folder / home).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for path in folder.glob("engine-*"):
        if path.name != home:
            shutil.rmtree(path)


def runtime(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """What of Pyodide is served; its list of packages, which it would load from elsewhere, is left empty."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:

        def content(name: str) -> bytes:
            member = files.extractfile(f"package/{name}")
            assert member is not None, name
            return member.read()

        for name in RUNTIME:
            yield name, content(name)
        lock = json.loads(content("pyodide-lock.json"))
        yield "lock.json", json.dumps({"info": lock["info"], "packages": {}}).encode()


def python_archive() -> bytes:
    """The Python files of sn_planner and of the packages it takes, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in sorted(python_files().items()):
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def python_files() -> Mapping[str, Path]:
    """Each by its path below site-packages."""
    found = {str(path.relative_to(PACKAGE.parent)): path for path in PACKAGE.rglob("*.py")}
    for package in PURE:
        for file in distribution(package).files or ():
            if file.suffix == ".py":
                found[file.as_posix()] = Path(str(file.locate()))
    return found


def lines_of_releases() -> list[str]:
    """Each line of Harvester's releases by its short name, the latest first."""
    return list(dict.fromkeys(".".join(one.harvester.split(".")[:2]) for one in reversed(RELEASES)))


def licences() -> str:
    """Who wrote what is served, and under which terms."""
    heads = [
        "sn_planner: Apache-2.0",
        f"Pyodide {PYODIDE}: MPL-2.0, its source is npm's package pyodide and the repository named in it.",
        "CPython, which it is built of: the licence of the Python Software Foundation.",
    ]
    texts = [(PACKAGE.parent / "LICENSE").read_text(encoding="utf-8")]
    for package in PURE:
        of = distribution(package)
        heads.append(f"{package} {of.version}: its licence is below")
        told = [one for one in of.files or () if ".dist-info" in str(one) and one.name.startswith(("LICEN", "COPY"))]
        texts += (f"== {package}\n\n{Path(str(file.locate())).read_text(encoding='utf-8')}" for file in told)
    return "\n".join((*heads, "", *texts))


if __name__ == "__main__":
    main()
