"""Download a public model: only the files that are needed, resumed where it stopped, each checked by its sha256.

huggingface_hub does the transfer; its own variables apply (HF_ENDPOINT for a mirror, HF_TOKEN, proxies).
"""

from __future__ import annotations

import errno
import importlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

from filmloom.checkpoints.digests import digest_of, write_digests
from filmloom.core.errors import CheckpointError, ResourceError
from filmloom.core.machine import bytes_text, disk_free

ORIGINAL_FILES = ("*.pth", "*.json", "*.safetensors", "google/umt5-xxl/*", "high_noise_model/*", "low_noise_model/*")
DIFFUSERS_FILES = ("model_index.json", "scheduler/*", "text_encoder/*", "tokenizer/*", "transformer/*")
DIFFUSERS_FILES += ("transformer_2/*", "vae/*")
Progress = Callable[[str, int, int], None]  # file being fetched, bytes done, bytes in all


@dataclass(frozen=True)
class Fetchable:
    """Where a public model lies, and which of its files are needed; about `num_bytes` in all."""

    repo: str
    patterns: tuple[str, ...]
    num_bytes: int


def _named(name: str, repo: str, num_bytes: int) -> dict[str, Fetchable]:
    return {
        name: Fetchable(f"Wan-AI/{repo}", ORIGINAL_FILES, num_bytes),
        f"{name}-diffusers": Fetchable(f"Wan-AI/{repo}-Diffusers", DIFFUSERS_FILES, num_bytes),
    }


# Bytes: float32 transformers (4 x parameters), the bfloat16 text encoder, the float32 autoencoder.
FETCHABLE = {
    **_named("wan2.2-t2v-a14b", "Wan2.2-T2V-A14B", 2 * 57_153_966_336 + 11_361_820_672 + 507_570_124),
    **_named("wan2.2-i2v-a14b", "Wan2.2-I2V-A14B", 2 * 57_155_604_736 + 11_361_820_672 + 507_570_124),
    **_named("wan2.2-ti2v-5b", "Wan2.2-TI2V-5B", 19_999_150_848 + 11_361_820_672 + 2_818_754_672),
}


def fetch(
    name: str,
    out: Path,
    *,
    revision: str = "main",
    endpoint: str | None = None,
    on_progress: Progress = lambda file, done, total: None,
) -> Path:
    """Download `name`, one of FETCHABLE, into the folder `out`, record the digests, and return `out`.

    Called again, it goes on with what is missing. `endpoint` is for a mirror that HF_ENDPOINT does not name.
    """
    if name not in FETCHABLE:
        raise CheckpointError(f"{name!r} cannot be fetched; these can: {', '.join(FETCHABLE)}.")
    wanted, hub, out = FETCHABLE[name], _hub(), Path(out)
    unreached = importlib.import_module("huggingface_hub.errors").HfHubHTTPError.__bases__  # its HTTP client's, OSError
    try:
        info = hub.HfApi(endpoint=endpoint).model_info(wanted.repo, revision=revision, files_metadata=True)
        published = _needed(info, wanted)
        _check_space(out, published)
        for file, (size, sha256) in published.items():
            url = hub.hf_hub_url(wanted.repo, file, revision=info.sha, endpoint=endpoint)
            _download(url, out / file, size, sha256 or info.sha, _told(published, file, on_progress))
    except unreached as error:
        raise _unreached(name, wanted.repo, error) from None
    write_digests(out, {file: _checked(out / file, sha256) for file, (_, sha256) in published.items()})
    return out


class Part(io.FileIO):
    """A file that tells how long it has become."""

    def __init__(self, file: Path, told: Callable[[int], None]):
        super().__init__(file, "ab")
        self.told = told

    def write(self, data: bytes) -> int:
        written = super().write(data)
        self.told(self.tell())
        return written


def _download(url: str, file: Path, size: int, version: str, told: Callable[[int], None]) -> None:
    """One file, by way of a part beside it that names the version it is of; a part left by an earlier run is continued.

    The transfer itself (redirects, retries, ranges) is huggingface_hub's; its own parts do not outlive a run.
    """
    if file.is_file() and file.stat().st_size == size:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{version[:12]}.part")
    with Part(beside, told) as part, _silence():
        headers = importlib.import_module("huggingface_hub.utils").build_hf_headers()
        get = importlib.import_module("huggingface_hub.file_download").http_get
        get(url, part, resume_size=part.tell(), headers=headers, expected_size=size)
    beside.replace(file)


@contextmanager
def _silence() -> Iterator[None]:
    """huggingface_hub draws its own bars even into a pipe."""
    bars = importlib.import_module("huggingface_hub.utils")
    shown = not bars.are_progress_bars_disabled()
    bars.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bars()


def _told(published: Mapping[str, tuple], file: str, on_progress: Progress) -> Callable[[int], None]:
    """Bytes of all files up to this one, and of it."""
    names = list(published)
    before = sum(published[name][0] for name in names[: names.index(file)])
    total = sum(size for size, _ in published.values())
    return lambda done: on_progress(file, before + done, total)


def _needed(info: object, wanted: Fetchable) -> dict[str, tuple[int, str | None]]:
    """{file: (bytes, sha256)} of those needed. Only large files have a sha256 there."""
    files = {file.rfilename: file for file in info.siblings or () if _is_needed(file.rfilename, wanted.patterns)}
    if not any(file.endswith(".safetensors") for file in files):
        raise CheckpointError(f"{wanted.repo} holds no weights that this release knows at revision {info.sha}.")
    return {name: (file.size or 0, file.lfs.sha256 if file.lfs else None) for name, file in sorted(files.items())}


def _is_needed(file: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(file, pattern) for pattern in patterns)


def _check_space(out: Path, published: Mapping[str, tuple]) -> None:
    """What is not there yet must fit."""
    needed = sum(size for file, (size, _) in published.items() if not (out / file).is_file())
    if needed > (free := disk_free(out)):
        raise ResourceError(f"{out} needs {bytes_text(needed)} of disk; {bytes_text(free)} are free.")


def _checked(file: Path, sha256: str | None) -> dict[str, object]:
    found = digest_of(file)
    if sha256 not in (None, found["sha256"]):
        file.unlink()
        raise CheckpointError(f"{file} arrived damaged and was deleted. Run the same command again to fetch it anew.")
    return found


def _unreached(name: str, repo: str, error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return error
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return CheckpointError(
        f"{name} could not be fetched from {repo}: {reason} What has arrived is kept: run the same command again to go "
        "on. Without a network, copy the folder from a machine that has one; HF_ENDPOINT names a mirror."
    )


def _hub() -> ModuleType:
    try:
        return importlib.import_module("huggingface_hub")
    except ModuleNotFoundError:
        raise CheckpointError("Fetching needs huggingface_hub: pip install 'filmloom[wan]'.") from None
