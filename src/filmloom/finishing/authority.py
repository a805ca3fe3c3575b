"""Who signs: certificates beside a way to sign, from files, from a remote service, or under an authority of one's own.

    authority = create_authority("keys")                               # offline: for tests and a house's own films
    signer = Signer.from_files(authority.certificates, authority.key)  # or Signer(pem, remote, algorithm="es256")

A film signed under such an authority is Trusted by whoever was handed its root certificate, and by nobody else: the
public list of trusted signers is kept by the C2PA's conformance programme.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filmloom.core.errors import RequestError, UserError

ALGORITHMS = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
LARGEST_FILE = 1 << 16  # bytes of a key or a chain of certificates
CLOCK_SKEW = timedelta(minutes=5)

ROOT, CERTIFICATES, KEY, ROOT_KEY = "root.pem", "certificates.pem", "key.pem", "root-key.pem"


@dataclass(frozen=True)
class Signer:
    """`certificates`: PEM, the signing certificate first, the root left out or last. `sign(data)`: its signature.

    The signature over ECDSA may be DER or plain (r, s); a remote service or a hardware key fits behind the callable, so
    that no key need be on this machine. `time_authority`: URL of an RFC 3161 time stamp service; without one the
    network is not touched, and a signature is worth no longer than its certificate."""

    certificates: str = field(repr=False)
    sign: Callable[[bytes], bytes] = field(repr=False)
    algorithm: str = "es256"
    time_authority: str | None = None

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise RequestError("algorithm", self.algorithm, f"it must be one of {', '.join(ALGORITHMS)}", "es256")
        if self.time_authority and not self.time_authority.startswith(("https://", "http://")):
            raise RequestError("time_authority", self.time_authority, "it must be the URL of a time stamp service")

    @classmethod
    def from_files(
        cls,
        certificates: str | Path,
        key: str | Path,
        *,
        password: bytes | None = None,
        time_authority: str | None = None,
    ) -> Signer:
        """From PEM files: a chain of certificates and its private key, which nobody else may be able to read."""
        chain = read_certificates(certificates)
        private = _read_key(Path(key), password)
        _check_pair(chain, private, Path(certificates), Path(key))
        algorithm, sign = _signing(private)
        return cls(chain, sign, algorithm, time_authority)


@dataclass(frozen=True)
class Authority:
    """Files of an authority: give `root` to whoever shall trust its films, keep the keys."""

    root: Path
    certificates: Path
    key: Path
    root_key: Path


def create_authority(folder: str | Path, *, organisation: str = "filmloom test", days: int = 365) -> Authority:
    """A root and a certificate for signing, ES256, in a folder of its own; keys are readable by their owner alone.

    Nothing is overwritten: a new authority would make strangers of every film signed before."""
    folder = Path(folder)
    authority = Authority(folder / ROOT, folder / CERTIFICATES, folder / KEY, folder / ROOT_KEY)
    if existing := [path for path in (authority.key, authority.root_key, authority.root) if path.exists()]:
        raise RequestError("folder", str(folder), f"{existing[0].name} exists there; an authority is made once")
    if not 1 <= days <= 3650:
        raise RequestError("days", days, "a certificate lasts 1 to 3650 days", min(max(days, 1), 3650))
    _crypto()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    root_key, root = _root(organisation)
    key, certificate = _leaf(organisation, days, root_key, root)
    _write_key(authority.root_key, root_key)
    _write_key(authority.key, key)
    authority.root.write_text(_pem(root), encoding="ascii")
    authority.certificates.write_text(_pem(certificate) + _pem(root), encoding="ascii")
    return authority


def read_certificates(path: str | Path) -> str:
    """The PEM text of a chain of certificates, or of trust anchors, at least one and all readable."""
    path = Path(path)
    data = _read_small(path)
    x509 = _crypto().x509
    try:
        x509.load_pem_x509_certificates(data)
        return data.decode("ascii")
    except ValueError:
        raise UserError(f"{path} holds no certificates in PEM (-----BEGIN CERTIFICATE-----).") from None


def missing_trust(error: ImportError) -> UserError:
    """What to say where the optional packages are absent."""
    return UserError(f"{error.name} is not installed; signing and checking need it: pip install 'filmloom[trust]'.")


# --- Keys


def _read_key(path: Path, password: bytes | None):
    data = _read_small(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise UserError(f"{path} has mode {mode:04o}, so that others could read the key; run: chmod 600 {path}")
    serialization = _crypto().hazmat.primitives.serialization
    try:
        return serialization.load_pem_private_key(data, password)
    except (ValueError, TypeError) as error:  # neither message holds any of the key
        raise UserError(f"{path} is not a private key in PEM that can be opened ({error}).") from None


def _read_small(path: Path) -> bytes:
    """A regular file only: a pipe would hang, a device never end."""
    if not path.is_file():
        raise UserError(f"{path} does not exist as a file; give the path of a PEM file.")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from None
    if len(data) > LARGEST_FILE:
        raise UserError(f"{path} is larger than {LARGEST_FILE // 1024} KiB; a PEM file of keys or certificates is not.")
    return data


def _check_pair(chain: str, private, certificates: Path, key: Path) -> None:
    first = _crypto().x509.load_pem_x509_certificates(chain.encode())[0]
    if first.public_key() != private.public_key():
        raise UserError(f"{key} is not the key of the first certificate in {certificates}.")
    now = datetime.now(UTC)
    if not first.not_valid_before_utc <= now <= first.not_valid_after_utc:
        valid = f"{first.not_valid_before_utc:%Y-%m-%d} to {first.not_valid_after_utc:%Y-%m-%d}"
        raise UserError(f"The certificate in {certificates} is valid from {valid}, not today; renew it.")


def _signing(private) -> tuple[str, Callable[[bytes], bytes]]:
    """The algorithm of RFC 8152 that suits a key, and how to sign by it."""
    primitives = _crypto().hazmat.primitives
    hashes, ec, ed25519, padding, rsa = (
        primitives.hashes, primitives.asymmetric.ec, primitives.asymmetric.ed25519,
        primitives.asymmetric.padding, primitives.asymmetric.rsa,
    )  # fmt: skip
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519", private.sign
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in CURVES:
        algorithm = CURVES[private.curve.name]
        digest = getattr(hashes, f"SHA{algorithm[-3:]}")()
        return algorithm, lambda data: private.sign(data, ec.ECDSA(digest))
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048:
        digest = hashes.SHA256()
        return "ps256", lambda data: private.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    raise UserError("The key must be P-256, P-384, P-521, Ed25519, or RSA of 2048 bits or more; C2PA takes no other.")


def _write_key(path: Path, private) -> None:
    serialization = _crypto().hazmat.primitives.serialization
    data = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


# --- Certificates by the profile of C2PA 2.x, section "Certificate profile"


def _root(organisation: str):
    key = _crypto().hazmat.primitives.asymmetric.ec.generate_private_key(_curve())
    name = _name(organisation, "root")
    builder = _certificate(name, name, key, days=3650)
    builder = builder.add_extension(_crypto().x509.BasicConstraints(True, 0), True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), True)
    return key, builder.sign(key, _crypto().hazmat.primitives.hashes.SHA256())


def _leaf(organisation: str, days: int, root_key, root):
    """The public reader asks for one of its listed purposes; of those, protecting mail is what any authority can give.
    (C2PA's own, 1.3.6.1.4.1.62558.2.1, is refused by c2pa 0.91's default list.)"""
    x509 = _crypto().x509
    key = _crypto().hazmat.primitives.asymmetric.ec.generate_private_key(_curve())
    builder = _certificate(_name(organisation, "film signing"), root.subject, key, days=days)
    builder = builder.add_extension(x509.BasicConstraints(False, None), True)
    builder = builder.add_extension(_usage("digital_signature"), True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False)
    return key, builder.sign(root_key, _crypto().hazmat.primitives.hashes.SHA256())


def _certificate(subject, issuer, key, *, days: int):
    x509, now = _crypto().x509, datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - CLOCK_SKEW).not_valid_after(now + timedelta(days=days))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)


def _name(organisation: str, common: str):
    x509 = _crypto().x509
    oids = x509.oid.NameOID
    parts = ((oids.ORGANIZATION_NAME, organisation), (oids.COMMON_NAME, f"{organisation}, {common}"[:64]))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _usage(*granted: str):
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return _crypto().x509.KeyUsage(**{name: name in granted for name in every})


def _curve():
    return _crypto().hazmat.primitives.asymmetric.ec.SECP256R1()


def _pem(certificate) -> str:
    return certificate.public_bytes(_crypto().hazmat.primitives.serialization.Encoding.PEM).decode("ascii")


def _crypto():
    """The package cryptography with the parts used here, or how to install it."""
    try:
        import cryptography.hazmat.primitives.asymmetric.ec
        import cryptography.hazmat.primitives.asymmetric.ed25519
        import cryptography.hazmat.primitives.asymmetric.padding
        import cryptography.hazmat.primitives.asymmetric.rsa
        import cryptography.hazmat.primitives.hashes
        import cryptography.hazmat.primitives.serialization
        import cryptography.x509
    except ImportError as error:
        raise missing_trust(error) from None
    return cryptography
