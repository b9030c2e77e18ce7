"""The desk's page on a port of this machine, until Ctrl-C. Leaves nothing running."""

import secrets
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn

from booking_endpoint.booking import mark
from booking_endpoint.words import read_language
from desk.app import create_app
from desk.one_desk import Taken, held
from desk.pages import HERE, Desk
from desk.session import Place

_ = mark

ENDING = 3
"""Seconds that answers under way may take when the desk is told to close."""


def open_desk(
    place: Place, pems: list[bytes], lock_after: int, browse: Callable[[str], object]
) -> int:
    """The local page until Ctrl-C, SIGTERM or a closed terminal; 2 where its drawer is in use."""
    language = read_language(place.practice.languages[0], HERE / "translations")
    try:
        with held(place.drawer):
            serve_page(place, pems, lock_after, browse)
    except Taken:
        told = _(
            "Another desk is open with the drawer {file}. Use that one, or close it with "
            "Ctrl-C where it was started. This one was not opened."
        )
        print(language.say(told, file=place.drawer), file=sys.stderr)
        return 2
    return 0


def serve_page(
    place: Place, pems: list[bytes], lock_after: int, browse: Callable[[str], object]
) -> None:
    """On a free port of 127.0.0.1, at an address that nobody guesses."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # whoever is told the address may come before the server is up: they wait
    port, token = listener.getsockname()[1], secrets.token_urlsafe(24)
    app = create_app(Desk(place, pems, token, lock_after), port)
    close_with_the_terminal()
    address = f"http://127.0.0.1:{port}/{token}/"
    settings = uvicorn.Config(
        app,
        http="httptools",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=ENDING,
    )
    try:
        print(f"The desk: {address}\nCtrl-C closes it.", flush=True)
        browse(address)
        uvicorn.Server(settings).run(sockets=[listener])
    except KeyboardInterrupt:
        print("Closed.")


def close_with_the_terminal() -> None:
    """A terminal that is closed ends the desk as SIGTERM does: `ssh` is hung up, nothing stays."""
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
