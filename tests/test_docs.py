"""Documentation that cannot lie: generated pages are current, links lead somewhere, and every snippet runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from filmloom.cli import reference

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.S | re.M)
LAUNCH = "import sys; sys.argv[0] = 'filmloom'; from filmloom.cli.main import main; main()"
SET_UP = "python3 -m venv"  # README's two long lines set up an environment; `.ci/run` runs them


def page_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def snippets(path: Path) -> list[tuple[str, str]]:
    """("sh", command) for each line of a shell block, ("python", program) for each Python block, in order."""
    found = []
    for language, body in BLOCK.findall(path.read_text(encoding="utf-8")):
        bodies = body.strip().splitlines() if language == "sh" else [body]
        found += [(language, one) for one in bodies if not one.startswith(SET_UP)]
    return found


def run(language: str, text: str, folder: Path) -> None:
    if language == "sh":
        assert text.startswith("filmloom "), f"{text!r}: a shell block of a page holds filmloom's commands alone"
        text = f'{sys.executable} -c "{LAUNCH}" {text.removeprefix("filmloom ")}'
        command = ["sh", "-ec", text]
    else:
        command = [sys.executable, "-c", text]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def try_once(tmp_path_factory):
    """Run a snippet in the folder that all pages share, unless an earlier page has run the same."""
    folder, tried = tmp_path_factory.mktemp("reader"), set()

    def attempt(language: str, text: str) -> None:
        if (language, text) not in tried:
            run(language, text, folder)
            tried.add((language, text))

    return attempt


@pytest.mark.timeout(1800)  # films at full size, on a machine that may be busy
@pytest.mark.parametrize("path", [path for path in PAGES if snippets(path)], ids=page_name)
def test_every_snippet_runs(path, try_once):
    for language, text in snippets(path):
        try_once(language, text)


def test_the_reference_is_generated_from_the_command_line():
    assert (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8") == reference.reference(), "run `make docs`"


def test_readme_says_of_the_weights_what_their_record_says():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert reference.readme(text) == text, "run `make docs`"


def test_readme_begins_with_the_film_line_and_the_test_line():
    body = BLOCK.search((ROOT / "README.md").read_text(encoding="utf-8"))[2].splitlines()
    assert [line.startswith(SET_UP) for line in body] == [True, True]
    assert "filmloom make" in body[0] and "-m pytest" in body[1]


@pytest.mark.parametrize("path", PAGES, ids=page_name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", PAGES, ids=page_name)
def test_nothing_is_called_simple(path):
    assert not re.search(r"\bsimply\b", path.read_text(encoding="utf-8"), re.I)


def test_no_file_names_a_package_index():
    host = re.compile(r"index[-]url\s*[=\s]\s*\S*//|://[^\s/]*(pypi|pythonhosted)|registry\s*=\s*\"http", re.I)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in (".md", ".py", ".toml", ".txt", ".json", ".yaml", "") and path.is_file():
            assert not host.search(path.read_text(encoding="utf-8", errors="replace")), name
