"""The house's import table, read from the sources; and what a bare GPU machine must be able to import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"
PACKAGE = SOURCE / "filmloom"

# wing -> wings it may import besides itself
TABLE = {
    "core": "",
    "kernels": "core",
    "world": "core",
    "data": "core world",
    "models": "core kernels",
    "diffusion": "core",
    "checkpoints": "core",
    "finishing": "core",
    "generate": "core world models diffusion checkpoints kernels finishing",
    "training": "core world data models diffusion checkpoints kernels generate",
    "evaluate": "core world models generate checkpoints",
    "recipes": "core world data models kernels diffusion checkpoints training evaluate",
    "serve": "core world models checkpoints finishing generate",
    "weights": "",
    "": "core generate finishing checkpoints",  # filmloom/__init__.py
    "cli": "core kernels world data models diffusion checkpoints finishing generate training evaluate recipes serve "
    "weights",
}
WINGS = sorted(TABLE)

# What a bare GPU machine lacks, and the wings that must load without it.
ABSENT = ("typer", "pydantic", "av", "cv2", "rich", "PIL")
BARE_WINGS = ("core", "kernels", "world", "data", "models", "diffusion", "checkpoints", "training", "recipes")
BARE_FILES = ("evaluate/recogniser.py",)
PICTURE_FILES = ("world/film.py", "world/show.py")


def files(wing: str) -> list[Path]:
    """Python files of a wing; of the package's own front door for ""."""
    return sorted((PACKAGE / wing).rglob("*.py")) if wing else [PACKAGE / "__init__.py"]


def wing_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST, path: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Every absolute module name a file imports, `from x import y` as x.y too, relative ones resolved."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node, f"{stem}.{alias.name}") for alias in node.names)


def imported_wing(name: str) -> str | None:
    """The wing that `filmloom.wing.x` names; None for what is not ours."""
    parts = name.split(".")
    if parts[0] != "filmloom":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in TABLE else ""


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_wing_may(path):
    wing = wing_of(path)
    if wing == "" and path.name == "__main__.py":
        wing = "cli"
    allowed = {wing, *TABLE[wing].split()}
    for node, name in imports(ast.parse(path.read_text()), path):
        other = imported_wing(name)
        front_door = other == "" and name.split(".")[-1] == "__version__"
        assert other is None or front_door or other in allowed, f"line {node.lineno}: {wing} imports {name}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_ours_is_imported_at_the_top_of_the_file(path):
    """A lazy import of our own hides a cycle; only the front door and the command line delay the heavy wings."""
    if wing_of(path) in ("", "cli"):
        return
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node, name in imports(function, path):
                assert imported_wing(name) is None, f"line {node.lineno} imports {name} inside a function"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_star_imported_and_only_env_reads_the_environment(path):
    tree = ast.parse(path.read_text())
    for node, name in imports(tree, path):
        assert not name.endswith(".*"), f"line {node.lineno}: star import"
    if path != PACKAGE / "core" / "env.py":
        read = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in ("environ", "getenv")]
        assert not read, f"lines {read} read os.environ; core/env.py is its only reader"


def test_every_wing_is_in_the_table():
    wings = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert wings <= set(TABLE)


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_gpu_recipes_import_loads_on_a_bare_machine():
    paths = [p for wing in BARE_WINGS for p in files(wing)] + [PACKAGE / name for name in BARE_FILES]
    names = [module_name(p) for p in paths if p.is_file() and str(p.relative_to(PACKAGE)) not in PICTURE_FILES]
    run_python(f"""
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"{{name}} is not on a bare GPU machine")

sys.meta_path.insert(0, Absent())
for name in {names!r}:
    importlib.import_module(name)
""")


def test_the_command_line_parses_without_torch():
    loaded = run_python("import sys, filmloom.cli.main; print(*sys.modules)").split()
    assert not {"torch", "av", "cv2"} & set(loaded)
