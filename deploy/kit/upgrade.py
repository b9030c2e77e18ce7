"""A new release of the kit comes into a doctor's clone; what the doctor wrote stays as it is.

The release is merged by git, as a commit whose content/ is the doctor's own: on both sides the
same, so git changes nothing there, not for a moment. It is committed once it checks and builds.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.kit.git import Git, GitSays
from deploy.kit.release import bundle_of, verify
from deploy.kit.signing import ALLOWED, BadSignature

TAG = re.compile(r"v\d+(?:\.\d+)*")
COMING = "refs/souspli/coming"
"""Where a release lies that was fetched and not yet merged: no tag of the clone is replaced."""

DONE, NOT_FIT, REFUSED, CONFLICTS = 0, 1, 2, 5

Ask = Callable[[str], bool]


class Refused(RuntimeError):
    """Nothing was changed; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One clone, and how its owner is asked and told."""

    git: Git
    ask: Ask
    say: Callable[[str], object] = print

    def begin(self, to: str, folder: Path | None) -> int:
        """Verify, show, ask, merge, check, build; the exit code. Raises Refused, BadSignature."""
        if self.under_way():
            return self.go_on()
        self.see_that_nothing_is_lost()
        tag, who = self.fetch(to, folder)
        if self.git.says_yes("merge-base", "--is-ancestor", COMING, "HEAD"):
            self.say(f"{tag} is in this clone already.")
            return DONE
        self.say(f"{tag}, signed by {who}:\n")
        self.say("\n".join(self.news()) or "(its changelog says nothing new)")
        if not self.ask(f"\nBring {tag} into this clone?"):
            self.say("Nothing was changed.")
            return NOT_FIT
        return self.merge(tag)

    def under_way(self) -> bool:
        return self.git.says_yes("rev-parse", "--quiet", "--verify", "MERGE_HEAD")

    def see_that_nothing_is_lost(self) -> None:
        if changed := self.git.changed():
            raise Refused(
                f"not yet committed: {', '.join(changed)}. Commit first, so that an upgrade can be"
                " told from your own work: git commit --all"
            )
        if not self.git.says_yes("var", "GIT_COMMITTER_IDENT"):
            raise Refused(
                "git does not know who you are: git config user.name, git config user.email"
            )

    def fetch(self, to: str, folder: Path | None) -> tuple[str, str]:
        """The release at COMING: its tag, and who signed it. A release folder is verified first."""
        if folder:
            verify(folder, self.git.root)
            source, tag = bundle_of(folder)
            where = str(source.resolve())
        else:
            where = "kit" if "kit" in self.git("remote").split() else "origin"
            tag = to or self.newest(where)
        if not TAG.fullmatch(tag) or to not in ("", tag):
            raise Refused(f"{to or tag} is not a release here; one is named like v1.2.0")
        self.git("fetch", "--quiet", "--no-tags", where, f"+refs/tags/{tag}:{COMING}")
        return tag, self.signer(tag)

    def newest(self, remote: str) -> str:
        listed = self.git("ls-remote", "--tags", "--refs", remote).split()
        tags = [name.removeprefix("refs/tags/") for name in listed[1::2]]
        found = [tag for tag in tags if TAG.fullmatch(tag)]
        if not found:
            raise Refused(f"the remote {remote} has no release")
        return max(found, key=lambda tag: [int(part) for part in tag[1:].split(".")])

    def signer(self, tag: str) -> str:
        """Who signed what lies at COMING, by the signers that this clone knows already."""
        who = self.git.signer(COMING, self.git.root / ALLOWED)
        if not who:
            raise BadSignature(f"{tag} is not signed by anybody whom {ALLOWED.as_posix()} names")
        if self.git("for-each-ref", "--format=%(tag)", COMING) != tag:
            raise BadSignature(f"{tag} was signed under another name: somebody has renamed it")
        return who

    def news(self) -> Iterator[str]:
        """The lines that its changelog has and this one has not."""
        words = ("diff", "--unified=0", f"HEAD...{COMING}", "--", "docs/CHANGELOG.md")
        for line in self.git(*words).splitlines():
            if line.startswith("+") and not line.startswith("+++"):
                yield line[1:]

    def merge(self, tag: str) -> int:
        """Bring it in, uncommitted. Where both sides changed a file, explain and end."""
        told = ("merge", "--no-ff", "--no-commit", "-m", f"Upgrade to {tag}", self.beside_content())
        done = self.git.tries(*told)
        if done.returncode and not self.under_way():
            raise Refused(done.stderr.strip() or done.stdout.strip())
        return self.go_on()

    def beside_content(self) -> str:
        """A commit that is the release in all but content/, which is this clone's."""
        with tempfile.TemporaryDirectory() as room:
            index = {"GIT_INDEX_FILE": str(Path(room, "index"))}
            self.git("read-tree", COMING, **index)
            out = ("rm", "-r", "--force", "--quiet", "--cached", "--ignore-unmatch", "content")
            self.git(*out, **index)
            self.git("read-tree", "--prefix=content/", "HEAD:content", **index)
            tree = self.git("write-tree", **index)
        said = "The release, beside this practice's content"
        return self.git("commit-tree", tree, "-p", f"{COMING}^{{commit}}", "-m", said)

    def go_on(self) -> int:
        """What is left of an upgrade that is under way: conflicts, check, build, the commit."""
        conflicts = list(self.conflicts())
        if conflicts:
            self.say("\n\n".join(conflicts))
            self.say("\nThen the same command goes on: python3 tasks.py upgrade")
            self.say("Or all back as it was: python3 tasks.py upgrade --abort")
            return CONFLICTS
        for verb in ("build", "check"):
            if self.start(verb):
                self.say(
                    f"\nThe new release is here and not yet committed: `{verb}` names above what"
                    " it wants otherwise. Mend it, then: python3 tasks.py upgrade"
                    "\nOr all back as it was: python3 tasks.py upgrade --abort"
                )
                return NOT_FIT
        self.git("commit", "--quiet", "--no-edit")
        self.say("The new release is in. Now: python3 tasks.py publish")
        return DONE

    def start(self, verb: str) -> int:
        """The new release's own verb, with the packages that it asks for."""
        same = self.git.says_yes("diff", "--quiet", "HEAD", "--", "requirements.txt")
        how = ("-m", "invoke") if same else ("tasks.py",)
        return subprocess.run(
            [sys.executable, *how, verb], cwd=self.git.root, check=False
        ).returncode

    def conflicts(self) -> Iterator[str]:
        """Each file that both sides changed: what happened, and what to do."""
        for line in self.git("status", "--porcelain=v1", "--untracked-files=no").splitlines():
            state, path = line[:2], line[3:]
            if state in CONFLICT:
                yield explained(state, path)
        for path in self.git("diff", "--name-only", "-G", "^<<<<<<< ", "HEAD").splitlines():
            yield f"{path}: git's marks still stand in it."

    def abort(self) -> int:
        """All back as it was before."""
        if not self.under_way():
            raise Refused("no upgrade is under way")
        self.git("merge", "--abort")
        self.say("All is as it was before the upgrade.")
        return DONE


CONFLICT = {
    "UU": "you changed it, and so did the kit",
    "AA": "you made this file, and the kit now has one of that name",
    "DU": "you took it away, and the kit changed it",
    "UD": "you changed it, and the kit has it no more",
}
"""git-status(1), Short Format: what became of a path on our side and on theirs."""


def explained(state: str, path: str) -> str:
    """What to do about one file."""
    lines = [f"{path}: {CONFLICT[state]}."]
    if state in ("UU", "AA"):
        lines += [
            "  Open it: yours stands above =======, the kit's below. Leave what you want, without",
            f"  git's marks, then: git add {path}",
            f"  Or the kit's alone: git checkout --theirs {path} && git add {path}",
        ]
    else:
        lines += [f"  To have it: git add {path}", f"  To have it no more: git rm {path}"]
    if path.startswith("theme/templates/"):
        lines.append(
            "  A template of your own is better kept as content/templates/"
            f"{path.removeprefix('theme/templates/')}: no upgrade ever touches it."
        )
    return "\n".join(lines)


def run(root: Path, to: str, folder: Path | None, ask: Ask, *, abort: bool) -> int:
    """The verb; what goes wrong is a sentence, and then nothing was changed."""
    upgrade = Upgrade(Git(root), ask)
    try:
        return upgrade.abort() if abort else upgrade.begin(to, folder)
    except GitSays as error:
        print(f"git: {error}", file=sys.stderr)
    except (Refused, BadSignature) as error:
        print(error, file=sys.stderr)
    return REFUSED
