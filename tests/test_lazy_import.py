"""`import filmloom` is instant: heavy libraries come when something heavy is asked for."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import filmloom


def test_importing_brings_only_the_standard_library():
    code = "import sys; before = set(sys.modules); import filmloom; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name.partition(".")[0] in (*sys.stdlib_module_names, "filmloom") for name in done.stdout.split())


def test_every_promised_name_is_there_and_no_other():
    for name in filmloom.__all__:
        assert getattr(filmloom, name) is not None
    assert set(filmloom.__all__) <= set(dir(filmloom))
    with pytest.raises(AttributeError, match="no attribute 'maker'"):
        filmloom.maker  # noqa: B018


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
    assert filmloom.__version__ == project["version"]
