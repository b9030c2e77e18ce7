"""How Pelican builds the site that patients see: the same, with its public address."""

from pelicanconf import *  # noqa: F403  # settings are Pelican's way to hand over names
from pelicanconf import PRACTICE

SITEURL = PRACTICE.legal.site_url
SERVER = ""  # where `publish` goes, as ssh knows it, such as souspli@dr-example.fr
