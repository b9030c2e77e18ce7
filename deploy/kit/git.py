"""git, asked in one folder: what it prints, or why it would not."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


class GitSays(RuntimeError):
    """git would not; its own last words."""


@dataclass(frozen=True, slots=True)
class Git:
    """The repository of a folder."""

    root: Path

    def tries(self, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """A command's end, whatever it is; in English, and nobody is asked anything."""
        told = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", **environ}
        command = ["git", *words]
        return subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, **told},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    def __call__(self, *words: str, **environ: str) -> str:
        """What a command prints. Raises GitSays."""
        done = self.tries(*words, **environ)
        if done.returncode:
            raise GitSays(
                (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
            )
        return done.stdout.strip("\n")

    def says_yes(self, *words: str) -> bool:
        return self.tries(*words).returncode == 0

    def changed(self) -> list[str]:
        """The files in git that differ from the last commit."""
        return self("diff", "--name-only", "HEAD").splitlines()

    def signer(self, tag: str, allowed: Path) -> str:
        """Who of those who may signed a tag (gitformat-signature(5), ssh); empty for nobody."""
        trusting = ("-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={allowed.resolve()}")
        done = self.tries(*trusting, "verify-tag", tag)
        good = re.search(r'^Good "git" signature for (\S+) with ', done.stderr, re.MULTILINE)
        return good[1] if done.returncode == 0 and good else ""
