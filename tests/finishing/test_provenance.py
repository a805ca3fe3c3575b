"""A signed film is Trusted by whoever trusts its authority, and Invalid once a single byte of it has changed."""

from __future__ import annotations

import json
import os
import shutil
import stat
import struct
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Size
from filmloom.finishing.label import Label, container_tags, read_label, with_tags
from filmloom.finishing.mp4 import read_settings, write_mp4
from filmloom.finishing.read import open_film

pytest.importorskip("cryptography", reason="the extra `trust` is not installed")
pytest.importorskip("c2pa", reason="the extra `trust` is not installed")

from filmloom.finishing.authority import Signer, create_authority, read_certificates
from filmloom.finishing.provenance import (
    ALGORITHMIC,
    COMPOSITE,
    TRAINED,
    Edit,
    Trust,
    read_provenance,
    read_sidecar,
    seal,
    sign,
    source_type,
    without_words,
)

SETTINGS = {
    "prompt": "一只猫, \"sleeping\"", "negative": "dogs", "mode": "text", "seed": 7, "model": "mini",
    "model_digest": "ab" * 32, "scene": {"setting": "beach"}, "notes": ["cat is known"], "unknown_words": ["zyx"],
}  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return create_authority(tmp_path_factory.mktemp("house") / "keys")


@pytest.fixture(scope="module")
def signer(authority):
    return Signer.from_files(authority.certificates, authority.key)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Eight frames of noise, 128x72."""
    frames = np.random.default_rng(0).integers(0, 255, (8, 72, 128, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("films") / "plain.mp4"
    return write_mp4(path, [frames], size=Size(128, 72), fps=Fraction(8), metadata=SETTINGS)


@pytest.fixture
def film(plain, tmp_path):
    return shutil.copy(plain, tmp_path / "film.mp4")


def boxes(path):
    """(kind, start of its content, end) of the boxes of an MP4."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind.decode(), at + 8, at + length
        at += length


def packets(path):
    import av

    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0)]


# --- What the public reader says


def test_a_film_is_trusted_under_our_authority_and_only_valid_without(film, signer, authority, tmp_path):
    sign(film, signer, settings=SETTINGS, report={"flicker": 0.25})
    ours = read_provenance(film, trust_anchors=authority.root)
    assert (ours.state, ours.issuer, ours.problems) == ("Trusted", "filmloom test", ())
    assert ours.settings == SETTINGS and ours.report == {"flicker": 0.25}
    assert ours.generator.startswith("filmloom ") and ours.title == "film.mp4"
    stranger = create_authority(tmp_path / "other").root
    for anchors in (None, stranger):
        found = read_provenance(film, trust_anchors=anchors)
        assert found.state == "Valid" and "signingCredential.untrusted" in found.problems[0]


def test_one_flipped_bit_anywhere_in_the_film_makes_it_invalid(film, signer, authority):
    sign(film, signer, settings=SETTINGS)
    data, rng = film.read_bytes(), np.random.default_rng(1)
    inside = {kind: (start, end) for kind, start, end in boxes(film)}
    for kind, count in (("mdat", 12), ("moov", 4), ("uuid", 6)):  # pictures, index and settings, the manifest itself
        start, end = inside[kind]
        spots = [end - 1, *(rng.integers(start + 32, end, count))]
        for spot in spots if kind != "uuid" else spots[1:]:  # a manifest ends in padding
            damaged = bytearray(data)
            damaged[spot] ^= 1 << int(rng.integers(8))
            film.write_bytes(damaged)
            found = read_provenance(film, trust_anchors=authority.root)
            if kind == "uuid" and found.state == "Trusted":  # padding after the signature, which says nothing
                assert data[spot] == 0
                continue
            assert found.state == "Invalid" and found.problems, (kind, spot)


def test_signing_comes_last_and_leaves_pictures_and_index_in_order(film, plain, signer):
    sign(film, signer, settings=SETTINGS)
    kinds = [kind for kind, _, _ in boxes(film)]
    assert kinds.index("ftyp") < kinds.index("uuid") < kinds.index("moov") < kinds.index("mdat")
    assert packets(film) == packets(plain)
    with open_film(film) as signed, open_film(plain) as before:
        assert all(np.array_equal(a, b) for a, b in zip(signed.chunks(), before.chunks()))
    assert read_settings(film) == SETTINGS


def test_a_film_without_a_manifest_has_none_and_other_files_are_refused(plain, tmp_path):
    assert read_provenance(plain).state == "Absent"
    note = tmp_path / "note.mp4"
    note.write_text("not a film")
    for path, what in ((note, "not an MP4"), (tmp_path / "none.mp4", "does not exist")):
        with pytest.raises(UserError, match=what):
            read_provenance(path)


def test_a_stream_copy_keeps_the_settings_and_drops_the_manifest(film, signer, tmp_path):
    sign(film, signer, settings=SETTINGS)
    copy = with_tags(film, tmp_path / "copy.mp4", {})
    assert read_provenance(copy).state == "Absent"
    assert read_settings(copy) == SETTINGS


# --- Actions and source types


@pytest.mark.parametrize("mode, kind", [("text", TRAINED), ("plan", TRAINED), ("draw", ALGORITHMIC)])
def test_a_film_says_by_what_kind_of_source_it_was_created(film, signer, mode, kind):
    sign(film, signer, settings={"mode": mode})
    (created,) = read_provenance(film).actions
    assert (created["action"], created["digitalSourceType"]) == ("c2pa.created", kind)
    assert source_type({"mode": mode}) == kind
    assert created["softwareAgent"]["name"] == "filmloom"


def test_an_edited_film_names_its_parent_and_what_was_done(film, plain, signer, authority, tmp_path):
    parent = shutil.copy(plain, tmp_path / "parent.mp4")
    sign(parent, signer, settings=SETTINGS)
    edits = [Edit("c2pa.color_adjustments", "deflicker"), Edit("c2pa.edited", "8 to 30 fps", is_learned=True)]
    sign(film, signer, settings={"mode": "finish"}, parent=parent, edits=edits)
    found = read_provenance(film, trust_anchors=authority.root)
    assert found.state == "Trusted" and found.ingredients == ("parent.mp4",)
    assert [action["action"] for action in found.actions] == ["c2pa.opened", "c2pa.color_adjustments", "c2pa.edited"]
    assert found.actions[0]["parameters"]["ingredients"], "the opened film is linked"
    assert [action.get("digitalSourceType") for action in found.actions] == [None, None, COMPOSITE]
    assert found.actions[1]["description"] == "deflicker"
    with pytest.raises(RequestError, match=r"c2pa\.edited"):
        Edit("polished")


# --- Keys


def test_keys_are_their_owners_alone_and_never_shown(authority, signer, film):
    for key in (authority.key, authority.root_key):
        assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(authority.root.parent).st_mode) == 0o700
    assert "PRIVATE" in authority.key.read_text()
    assert "PRIVATE" not in authority.certificates.read_text() and "PRIVATE" not in authority.root.read_text()
    assert authority.key.read_text().splitlines()[1] not in repr(signer)
    sign(film, signer, settings={})
    assert b"PRIVATE" not in film.read_bytes()


def test_an_authority_is_made_once(authority):
    before = authority.key.read_bytes()
    with pytest.raises(RequestError, match="made once"):
        create_authority(authority.root.parent)
    assert authority.key.read_bytes() == before


def test_a_key_that_others_can_read_is_refused(authority, tmp_path):
    key = shutil.copy(authority.key, tmp_path / "key.pem")
    for mode in (0o640, 0o604, 0o644):
        key.chmod(mode)
        with pytest.raises(UserError, match=f"mode {mode:04o}.*chmod 600"):
            Signer.from_files(authority.certificates, key)
    key.chmod(0o400)
    assert Signer.from_files(authority.certificates, key).algorithm == "es256"


def test_wrong_keys_and_certificates_are_named(authority, tmp_path):
    other = create_authority(tmp_path / "other")
    with pytest.raises(UserError, match="is not the key of the first certificate"):
        Signer.from_files(authority.certificates, other.key)
    with pytest.raises(UserError, match="not a private key"):
        Signer.from_files(authority.certificates, _owned(tmp_path / "a.pem", b"nothing"))
    with pytest.raises(UserError, match="no certificates"):
        read_certificates(authority.key)
    with pytest.raises(UserError, match="does not exist as a file"):
        Signer.from_files(authority.certificates, "/dev/zero")
    with pytest.raises(UserError, match="64 KiB"):
        read_certificates(_owned(tmp_path / "b.pem", bytes(70_000)))
    with pytest.raises(RequestError, match="es256"):
        Signer("", bytes, "md5")


def _owned(path, data):
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def test_a_remote_signer_is_any_callable(film, plain, authority):
    """Here the key is in another process, which sees only what is to be signed."""
    code = (
        "import sys; from cryptography.hazmat.primitives import hashes, serialization as s;"
        "from cryptography.hazmat.primitives.asymmetric import ec;"
        "key = s.load_pem_private_key(open(sys.argv[1], 'rb').read(), None);"
        "sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read(), ec.ECDSA(hashes.SHA256())))"
    )

    def remote(data):
        command = [sys.executable, "-c", code, str(authority.key)]
        return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout

    sign(film, Signer(read_certificates(authority.certificates), remote), settings=SETTINGS)
    assert read_provenance(film, trust_anchors=authority.root).state == "Trusted"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_signer_that_fails_leaves_the_film_as_it_was(film, plain, authority, tmp_path):
    def broken(data):
        raise ConnectionError("the service is away")

    certificates = read_certificates(authority.certificates)
    for callable_, what in ((broken, "the service is away"), (lambda data: b"\0" * 64, "cannot be signed")):
        with pytest.raises(UserError, match=what):
            sign(film, Signer(certificates, callable_), settings={})
        assert film.read_bytes() == plain.read_bytes()
        assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("kind", ["es384", "es512", "ed25519", "ps256"])
def test_keys_of_every_kind_that_c2pa_takes(film, authority, tmp_path, kind):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    key = {
        "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ps256": lambda: rsa.generate_private_key(65537, 2048),
    }[kind]()
    root_key = serialization.load_pem_private_key(authority.root_key.read_bytes(), None)
    ours = x509.load_pem_x509_certificate(authority.certificates.read_bytes())
    builder = x509.CertificateBuilder().subject_name(ours.subject).issuer_name(ours.issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(ours.not_valid_before_utc).not_valid_after(ours.not_valid_after_utc)
    for extension in ours.extensions:
        if extension.oid != x509.SubjectKeyIdentifier.oid:
            builder = builder.add_extension(extension.value, extension.critical)
    certificate = builder.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word")
    )
    paths = _owned(tmp_path / "c.pem", certificate), _owned(tmp_path / "k.pem", private)
    with pytest.raises(UserError, match="private key"):
        Signer.from_files(*paths)
    signer = Signer.from_files(*paths, password=b"word")
    assert signer.algorithm == kind
    sign(film, signer, settings={})
    assert read_provenance(film, trust_anchors=authority.root).state == "Trusted"


# --- Switches, words and the sidecar


def test_all_is_on_by_default_where_keys_exist_and_off_is_written_down(film, signer, authority):
    trust = Trust(signer=signer)
    assert {**trust.record(), "visible": "on"} == dict.fromkeys(trust.record(), "on") | {"prompt": "kept"}
    assert seal(film, SETTINGS, trust=trust, report={"seconds": 1.5}) == trust.record()
    found, beside = read_provenance(film, trust_anchors=authority.root), read_sidecar(film)
    assert found.state == "Trusted"
    assert found.settings == beside["settings"] == {**SETTINGS, "trust": trust.record()}
    assert found.report == beside["report"] == {"seconds": 1.5}
    assert beside["aigc"] == trust.label(SETTINGS).fields()


def test_what_is_off_is_off_and_recorded(film, signer):
    keyless = Trust(aigc=False)
    assert seal(film, SETTINGS, trust=keyless)["provenance"] == "off: no signer was given"
    assert read_provenance(film).state == "Absent"
    told = read_sidecar(film)
    assert told["settings"]["trust"]["aigc"] == "off" and told["aigc"] is None
    chosen = Trust(signer=signer, provenance=False, sidecar=False, watermark=False, visible="AI")
    assert chosen.record() | {"prompt": "", "aigc": ""} == {
        "provenance": "off", "sidecar": "off", "watermark": "off", "visible": "on", "prompt": "", "aigc": "",
    }  # fmt: skip
    before = film.read_bytes()
    seal(film, SETTINGS, trust=chosen)
    assert film.read_bytes() == before
    assert set(chosen.tags(SETTINGS)) == {"comment", "AIGC"} and set(keyless.tags(SETTINGS)) == {"comment"}


def test_omitted_prompts_are_nowhere_and_the_omission_is_told(plain, signer, authority, tmp_path):
    trust = Trust(signer=signer, omit_prompt=True)
    film = with_tags(plain, tmp_path / "film.mp4", trust.tags(SETTINGS))
    seal(film, SETTINGS, trust=trust, report={"verdict": {"prompt": SETTINGS["prompt"], "outcome": "allow"}})
    everything = film.read_bytes() + (tmp_path / "film.mp4.json").read_bytes()
    for secret in ("一只猫", "sleeping", "dogs", "zyx", "cat is known"):
        assert secret.encode() not in everything
        assert json.dumps(secret)[1:-1].encode() not in everything
    found = read_provenance(film, trust_anchors=authority.root)
    assert found.state == "Trusted" and found.settings["seed"] == 7 and found.settings["scene"] == SETTINGS["scene"]
    assert found.settings["omitted"] == ["negative", "notes", "prompt", "unknown_words"]
    assert found.settings["trust"]["prompt"] == "omitted on request"
    assert found.report == {"verdict": {"outcome": "allow"}, "omitted": ["prompt"]}
    assert "prompt" in SETTINGS, "the caller's settings are left alone"
    assert without_words({"a": [{"text": "x", "b": 1}]}) == {"a": [{"b": 1}], "omitted": ["text"]}


def test_a_sidecar_belongs_to_one_film_and_takes_any_measure(film, signer):
    seal(film, SETTINGS, trust=Trust(), report={"loudness": float("-inf"), "label": Label()})
    assert read_sidecar(film)["report"]["loudness"] == "-inf"
    assert not [path for path in film.parent.iterdir() if path.suffix == ".part"]
    sign(film, signer, settings={})
    with pytest.raises(UserError, match="changed since"):
        read_sidecar(film)


def test_a_film_under_a_temporary_name_is_sealed_under_its_own(film, signer, tmp_path):
    trust = Trust(signer=signer)
    seal(film, SETTINGS, trust=trust, title="final.mp4", sidecar=tmp_path / "final.mp4.json")
    final = film.rename(tmp_path / "final.mp4")
    assert read_provenance(final).title == read_sidecar(final)["film"] == "final.mp4"


def test_what_is_needed_is_named_where_it_is_not_installed(monkeypatch, film, authority, signer):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(UserError, match=r"pip install 'filmloom\[trust\]'"):
        read_provenance(film)
    with pytest.raises(UserError, match=r"pip install 'filmloom\[trust\]'"):
        sign(film, signer, settings={})
    assert read_label(film) is None  # needs neither
    assert container_tags({}, Label())["AIGC"]
