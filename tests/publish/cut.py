"""A line that dies: `cut.py PORT BYTES`, as ssh's ProxyCommand, carries so much and no more."""

import os
import socket
import sys
from threading import Thread


def main(port: int, most: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        Thread(target=back, args=(line,), daemon=True).start()
        while most > 0 and (piece := os.read(0, 16 * 1024)):
            line.sendall(piece)
            most -= len(piece)


def back(line: socket.socket) -> None:
    while piece := line.recv(16 * 1024):
        os.write(1, piece)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
