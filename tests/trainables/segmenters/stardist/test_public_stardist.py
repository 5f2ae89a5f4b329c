"""StarDist's published models are fetched once, resumed, and may not change."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainables.segmenters.stardist.segmenter import Stardist  # first: it starts TensorFlow

from trainables.segmenters.stardist import network as stardist_network  # isort: skip
from trainables.segmenters.stardist import public as stardist_public  # isort: skip

from csbdeep.models.pretrained import get_model_details
from stardist.models import StarDist2D

from tests.trainables.machine.http_server import Server, serving
from tests.trainables.segmenters.stardist.stardist_trials import model, spec
from trainables.segmenters.stardist.family import PUBLISHED
from trainables.spec.trial_spec import WeightsSpec

NAME = "2D_versatile_fluo"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("model")
    stardist_network.write(model(), folder, thresholds={"prob": 0.45, "nms": 0.3})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    return stream.getvalue()


@pytest.fixture
def server(packed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Stands for StarDist's site; both caches, ours and that of Keras, are empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "ours"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "theirs"))
    with serving(packed) as running:
        details = {"url": running.url, "hash": hashlib.sha256(packed).hexdigest()}
        monkeypatch.setattr(
            stardist_public, "get_model_details", lambda kind, name: (NAME, None, details)
        )
        yield running


def test_a_model_is_fetched_and_unpacked_once_after_a_break(server: Server) -> None:
    server.breaks_off_after = 5000
    with pytest.raises(ValueError, match=rf"broke off after 5000.*python_{NAME}\.zip") as caught:
        stardist_public.public_folder(NAME)
    assert "\n" not in str(caught.value)
    server.breaks_off_after = None
    weights = WeightsSpec(kind="pretrained", origin="public", name=NAME)
    for _ in range(2):
        segmenter = Stardist(spec(weights=weights), channels=1)
        assert segmenter.threshold_values()["prob"][0] == 0.45
    assert server.ranges == [None, "bytes=5000-"]


def test_weights_that_changed_since_they_were_fetched_are_refused_until_they_are_deleted(
    server: Server,
) -> None:
    weights = stardist_public.public_folder(NAME) / "weights_best.h5"
    weights.write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"weights_best\.h5 must have .* delete it"):
        stardist_public.public_folder(NAME)
    weights.unlink()
    stardist_public.public(NAME)
    assert server.ranges == [None]


def test_what_stardist_has_fetched_before_is_taken_where_it_is_whole(
    server: Server, packed: bytes, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs" / "models" / "StarDist2D" / NAME / f"{NAME}.zip"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(packed[:-100])
    with pytest.raises(ValueError, match=rf"{NAME}\.zip must have the SHA-256"):
        stardist_public.public_folder(NAME)
    theirs.write_bytes(packed)
    stardist_public.public(NAME)
    assert server.ranges == []


def test_a_site_that_cannot_be_reached_is_one_sentence(server: Server) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(ValueError, match=r"refused.*python_2D_versatile_fluo\.zip") as caught:
        stardist_public.public(NAME)
    assert "\n" not in str(caught.value)


def test_a_model_that_nobody_knows_is_one_sentence() -> None:
    weights = WeightsSpec(kind="pretrained", origin="public", name="2D_no_such_model")
    segmenter = Stardist(spec(weights=weights), channels=1)
    with pytest.raises(ValueError, match=r"2D_no_such_model.*config\.json.*`source`") as caught:
        segmenter.threshold_values()
    assert "\n" not in str(caught.value)


def test_every_model_that_is_described_is_known_to_stardist_with_its_hash() -> None:
    names = list(PUBLISHED)
    assert names
    for name in names:
        known, _, details = get_model_details(StarDist2D, name)
        assert known == name
        assert len(details["hash"]) == 64  # SHA-256
