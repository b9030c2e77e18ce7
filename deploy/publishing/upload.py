"""What the server lacks, in one archive: the same bytes for the same files."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Iterator

from deploy.publishing.bundle import Bundle
from deploy.server.release import Release

PIECE = 32 * 1024


def archive(release: Release, bundle: Bundle, lacking: Iterable[str]) -> bytes:
    """A tar.gz: the description of the release first, then these files."""
    told = json.dumps(release.told(), ensure_ascii=False, indent=1).encode()
    stream = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6, mtime=0) as smaller,
        tarfile.open(fileobj=smaller, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in (("release.json", told), *((one, bundle[one]) for one in lacking)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + PIECE] for start in range(0, len(content), PIECE))
