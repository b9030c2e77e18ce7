"""Signatures by `ssh-keygen -Y` (OpenSSH 8.2 and newer): no tool and no key format of our own."""

import subprocess
from pathlib import Path

NAMESPACE = "souspli-release"
"""What a signature is for: one that the same key made for a mail or a commit is none of ours."""

ALLOWED = Path("deploy", "kit", "allowed_signers")
"""Who may sign releases, from the root of a clone (ssh-keygen(1), ALLOWED SIGNERS)."""


class BadSignature(RuntimeError):
    """It is not by somebody who may sign, for this, of these bytes; says which."""


def sign(file: Path, key: Path) -> None:
    """Write `FILE.sig` beside a file. A key in an agent is named by its public half."""
    signature = file.with_name(f"{file.name}.sig")
    signature.unlink(missing_ok=True)
    words = ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(file)]
    done = subprocess.run(words, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode or not signature.exists():
        raise BadSignature(f"{key} signs nothing: {last_line(done.stderr)}")


def signer(file: Path, allowed: Path) -> str:
    """Who signed a file, as `allowed` names them. Raises BadSignature."""
    signature = file.with_name(f"{file.name}.sig")
    for path in (file, signature):
        if not path.is_file():
            raise BadSignature(f"{path} is missing: without it nothing can be trusted")
    named = keygen("find-principals", "-f", str(allowed), "-s", str(signature))
    if named.returncode or not named.stdout.strip():
        raise BadSignature(f"{file} was signed by nobody whom {allowed} names")
    who = named.stdout.splitlines()[0].strip()
    words = ("-n", NAMESPACE, "-f", str(allowed), "-I", who, "-s", str(signature))
    checked = keygen("verify", *words, put_in=file.read_bytes())
    if checked.returncode:
        raise BadSignature(f"{file} is not what {who} signed: {last_line(checked.stderr)}")
    return who


def keygen(act: str, *words: str, put_in: bytes = b"") -> "subprocess.CompletedProcess[str]":
    command = ["ssh-keygen", "-Y", act, *words]
    done = subprocess.run(command, input=put_in, capture_output=True, check=False)
    out, said = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    return subprocess.CompletedProcess(done.args, done.returncode, out, said)


def last_line(said: str) -> str:
    return (said.strip() or "ssh-keygen does not say why").splitlines()[-1]
