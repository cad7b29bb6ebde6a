"""A program as the supervisor runs them: listens on the port of the doors until SIGTERM."""

import os
import signal
import socket
import sys


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.create_server(("127.0.0.1", int(os.environ["UMCLOUD_PORT"]))) as listening:
        while True:
            listening.accept()[0].close()


if __name__ == "__main__":
    main()
