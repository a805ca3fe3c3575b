"""Unmodified openai clients of several majors against a real house: each in an environment of its own, over a socket.

    python bench/openai_clients.py --versions 2.* 3.*

Each tells bench/openai_story.py: create_and_poll, retrieve, pages, content in three variants, remix, a signed webhook,
typed errors, delete.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contract import House

ROOT = Path(__file__).parent.parent
SECRET = "whsec_" + "c2VjcmV0IG9mIGEgYmVuY2g="


def environment(folder: Path, version: str) -> Path:
    """An interpreter that has this openai and nothing of ours; or one that is there, by its path."""
    if Path(version).is_file():
        return Path(version).absolute()
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", f"openai=={version}"], check=True, stderr=subprocess.DEVNULL)
    return python


def told(python: Path | str, house: House, key: str) -> dict:
    """What the story says, or how it ended."""
    began = time.monotonic()
    command = [str(python), str(ROOT / "bench/openai_story.py"), house.url, key, SECRET]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd="/")
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-12:]}
    return json.loads(done.stdout) | {"seconds": round(time.monotonic() - began, 1)}


def run(versions: list[str], folder: Path) -> dict:
    os.environ["FILMLOOM_HOME"] = str(folder)
    house = House(folder, webhook_secret=SECRET, allow_private=True, always=True)
    try:
        _, key = house.table.keys.create("clients")
        return {version: told(environment(folder / f"openai-{n}", version), house, key)
                for n, version in enumerate(versions)}  # fmt: skip
    finally:
        house.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--versions", nargs="+", default=["2.*", "3.*"])
    parser.add_argument("--output", type=Path, default=ROOT / "bench/results/openai_clients.json")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="filmloom-clients-"))
    found = {"clients": run(options.versions, folder)}
    told_versions = [one.get("client", version) for version, one in found["clients"].items()]
    found["command"] = f"python bench/openai_clients.py --versions {' '.join(told_versions)}"
    options.output.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    if any("failed" in one for one in found["clients"].values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
