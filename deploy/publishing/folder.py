"""The pages as a folder for any host of static files: packed, with headers for who reads them."""

from pathlib import Path

from booking_endpoint.headers import EVERYWHERE, headers_of_pages
from booking_endpoint.practice import Practice
from deploy.publishing.bundle import pages_of, read_site

HEADER_FILE = "_headers"
"""As Cloudflare Pages and Netlify read it."""

UNTOUCHED = ".nojekyll"
"""Without it, GitHub Pages would leave out what begins with a point or an underscore."""

FOREVER = "public, max-age=31536000, immutable"


def write(practice: Practice, site: Path, folder: Path) -> int:
    """Fill a new or empty folder from a built site; how many files are in it.

    Raises FileExistsError for any other folder: what lies there may be somebody's.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not empty: name a new folder, or empty this one")
    headers = header_file(practice.legal.booking_url).encode()
    files = {**pages_of(read_site(site)), HEADER_FILE: headers, UNTOUCHED: b""}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return len(files)


def header_file(endpoint: str) -> str:
    """The headers of every page; pictures and theme keep their names while they stay the same."""
    told = headers_of_pages(endpoint) | EVERYWHERE
    lines = [f"  {name}: {value}" for name, value in told.items()]
    kept = f"  Cache-Control: {FOREVER}"
    return "\n".join(["/*", *lines, "/images/*", kept, "/theme/*", kept, ""])
