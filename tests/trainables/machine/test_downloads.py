"""Downloads are resumed, happen once, and are known by their hash."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trainables.machine.http_server import Server, serving
from trainables.machine.downloads import fetch, refuse_changed

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(CONTENT) as running:
        yield running


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


@pytest.mark.parametrize("version", ['"first"', 'W/"first"', ""])
def test_a_file_that_changed_while_it_was_fetched_is_fetched_anew(
    server: Server, tmp_path: Path, version: str
) -> None:
    server.version, server.breaks_off_after = version, 3000
    with pytest.raises(OSError, match="broke off"):
        fetch(server.url, tmp_path / "one")
    server.version, server.breaks_off_after = version.replace("first", "second"), None
    server.content = CONTENT[::-1]
    assert fetch(server.url, tmp_path / "one").read_bytes() == CONTENT[::-1]
    assert {path.name for path in tmp_path.iterdir()} == {"one", "one.lock", "one.sha256"}


def test_a_file_that_did_not_change_goes_on_without_a_known_hash(
    server: Server, tmp_path: Path
) -> None:
    server.version, server.breaks_off_after = '"first"', 3000
    with pytest.raises(OSError, match="broke off"):
        fetch(server.url, tmp_path / "one")
    server.breaks_off_after = None
    assert fetch(server.url, tmp_path / "one").read_bytes() == CONTENT
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
