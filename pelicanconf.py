"""How Pelican builds the site while one writes. Every fact comes from the practice's own file."""

import os
import sys
from pathlib import Path

from booking_endpoint.headers import policy_in_page
from booking_endpoint.markup import FILTERS
from booking_endpoint.reading import BadPractice, read_practice
from deploy.writer import told, writers_language
from theme.plugins.converting import HeadReader
from theme.plugins.doorsign import closures, openings, vouched, week
from theme.plugins.example import EXAMPLE
from theme.plugins.integrity import place, vouching
from theme.plugins.kept import Tables
from theme.plugins.look import SHEET, sheet
from theme.plugins.narrow import Narrow
from theme.plugins.pictured import plan, portrait
from theme.plugins.strict import StrictPelican
from theme.plugins.structured import medical_page, physician
from theme.plugins.together import cores
from theme.plugins.words import GLOBALS

PRACTICE_FILE = Path(os.environ.get("BOOKING_PRACTICE", "content/practice.toml"))
try:
    PRACTICE = read_practice(PRACTICE_FILE.read_text("utf-8"), str(PRACTICE_FILE))
except (BadPractice, OSError, UnicodeDecodeError) as error:
    sys.exit(told(error, PRACTICE_FILE))
WRITERS_LANGUAGE = writers_language(PRACTICE_FILE)

PELICAN_CLASS = StrictPelican
PLUGINS = ["theme.plugins.site"]
READERS = {"md": HeadReader, "html": None, "rst": None}

SITENAME = PRACTICE.doctor.name
SITEURL = ""
DEFAULT_LANG = PRACTICE.languages[0]
TIMEZONE = PRACTICE.zone.key
PATH = "content"
OUTPUT_PATH = "output"
DELETE_OUTPUT_DIRECTORY = False  # theme.plugins.writing takes away what is no page now

THEME = "theme"
MADE = {SHEET: sheet(PRACTICE.look)}
THEME_STATIC_DIR = place(MADE)
THEME_TEMPLATES_OVERRIDES = ["booking_endpoint/fragments"]
JINJA_ENVIRONMENT = {
    "autoescape": True,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "extensions": [Narrow],
}
JINJA_FILTERS = dict(FILTERS)
JINJA_GLOBALS = {
    **GLOBALS,
    "example": EXAMPLE,
    "practice": PRACTICE,
    "integrity": vouching(MADE),
    "theme": THEME_STATIC_DIR,
    "week": week(PRACTICE),
    "openings": openings(PRACTICE),
    "closures": closures(PRACTICE),
    "vouched": vouched(PRACTICE),
    "physician": physician,
    "medical_page": medical_page,
    "plan": plan,
    "policy": policy_in_page(PRACTICE.legal.booking_url) if PRACTICE.apart else "",
    "portrait": portrait,
}

RELATIVE_URLS = False
FILENAME_METADATA = "(?!)"  # the reader takes key and language from the name itself
PAGE_TRANSLATION_ID = ARTICLE_TRANSLATION_ID = None
FORMATTED_FIELDS: list[str] = []
DIRECT_TEMPLATES: list[str] = []
STATIC_PATHS: list[str] = []  # no original of a picture is published
PICTURE_CACHE = ".cache/pictures"
KEPT = ".cache/kept"  # empty: nothing is kept, and nothing kept is used
REMEMBERED: Tables = {}  # what one process keeps between builds
PROCESSES = cores()
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ""
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
