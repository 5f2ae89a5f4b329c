"""Downloads are resumed, happen once, and are known by their hash."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from trainables.downloads import fetch, refuse_changed

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves `CONTENT`, in part where asked for; may break off."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
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
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        rest = CONTENT[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.breaks_off_after])

    def log_message(self, *arguments: object) -> None:
        """Keeps the tests' output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_file_comes_once_and_its_hash_is_recorded(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "models" / "one"
    for _ in range(2):
        assert fetch(server.url, target).read_bytes() == CONTENT
    assert server.ranges == [None]
    assert (tmp_path / "models" / "one.sha256").read_text().strip() == SHA256
    refuse_changed(target)


def test_a_download_that_broke_off_goes_on_from_there(server: Server, tmp_path: Path) -> None:
    server.breaks_off_after = 3000
    with pytest.raises(OSError, match="3000 of 10240 bytes"):
        fetch(server.url, tmp_path / "one")
    assert not (tmp_path / "one").exists()
    server.breaks_off_after = None
    assert fetch(server.url, tmp_path / "one", sha256=SHA256).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=3000-"]


def test_processes_that_want_the_same_file_fetch_it_once(server: Server, tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=fetch, args=(server.url, tmp_path / "one")) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.ranges == [None]


def test_another_hash_is_refused_and_thrown_away(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"SHA-256 abc, but what came has {SHA256}"):
        fetch(server.url, tmp_path / "one", sha256="abc")
    assert [path.name for path in tmp_path.iterdir()] == ["one.lock"]


def test_a_file_that_changed_since_it_was_fetched_is_named(server: Server, tmp_path: Path) -> None:
    file = fetch(server.url, tmp_path / "one")
    file.write_bytes(b"something else")
    with pytest.raises(ValueError, match="delete it to have it fetched again"):
        refuse_changed(file)
    (tmp_path / "given").write_bytes(b"nothing recorded")
    refuse_changed(tmp_path / "given")


def test_no_server_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="refused"):
        fetch("http://127.0.0.1:9/model", tmp_path / "one")
