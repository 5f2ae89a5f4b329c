"""A server of one file on this machine, for tests of what is fetched."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves its content, in part where asked for; may break off."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.version = ""
        """What it calls the content, where it names it."""
        self.ranges: list[str | None] = []
        self.breaks_off_after: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/model"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        if self.headers.get("If-Range", self.server.version) != self.server.version:
            asked = None
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        rest = self.server.content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(rest)))
        if self.server.version:
            self.send_header("ETag", self.server.version)
        self.end_headers()
        self.wfile.write(rest[: self.server.breaks_off_after])

    def log_message(self, *arguments: object) -> None:
        """Keeps the tests' output clean."""


@contextmanager
def serving(content: bytes) -> Iterator[Server]:
    """A context in which the content can be fetched from `Server.url`."""
    with Server(content) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()
