"""The BioImage.IO package of StarDist is valid, and does what its model does."""

import gc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from trainables.segmenters.stardist.segmenter import Stardist  # first: it starts TensorFlow

from trainables.segmenters.stardist.saved_model import run_saved_model  # isort: skip

import bioimageio.spec
from stardist.models import StarDist2D

from study.command_line.export import Export
from study.kept_models import best_confirmed
from study.store import Store
from tests.reports.fake_study import FakeStudy
from tests.trainables.segmenters.stardist.stardist_trials import model as fresh
from trainables.data.normalise import normalise
from trainables.models.model import Model

# bioimageio.spec 0.5.14 leaves the files that it has read open until they are collected.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
THRESHOLDS = {"prob": 0.3, "nms": 0.5}


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    yield
    gc.collect()


def test_who_does_what_the_package_says_gets_what_the_model_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    store = Store(FakeStudy(pictures=False).write(tmp_path / "study"))
    result = store.result(best_confirmed(store, arm="stardist"))
    assert result is not None
    spec = result.trial
    segmenter = Stardist(spec, channels=2)
    segmenter._loaded = fresh(channels=2)
    segmenter.thresholds = THRESHOLDS
    model = Model(spec=spec, segmenter=segmenter, channels=2, scale=1.0)
    store.write_folder(f"models/{spec.id}", model.save)

    wish = Export(
        folder=store.root, out=tmp_path, arm="stardist", bioimageio=True, authors=("Ada Lovelace",)
    )
    assert wish.run("") == 0
    assert not list(working.iterdir()), "bioimageio.core leaves weights where it is run"

    package = tmp_path / "stardist.bioimageio.zip"
    about = bioimageio.spec.load_model_description(package)
    assert about.validation_summary.status == "valid-format"
    assert [str(cited.doi) for cited in about.cite] == ["10.1007/978-3-030-00934-2_30"]
    assert about.config.stardist["thresholds"] == THRESHOLDS
    names = about.outputs[0].axes[3].channel_names
    assert names[:2] == ["probability", "distance_0"]

    unpacked = tmp_path / "model"
    zipfile.ZipFile(package).extractall(unpacked)
    attached = StarDist2D(None, name="model", basedir=tmp_path)
    assert attached.thresholds._asdict() == THRESHOLDS
    counts = np.random.default_rng(0).integers(200, 60_000, (64, 96, 2), np.uint16)
    (scale,) = [one for one in about.inputs[0].preprocessing if one.id == "scale_range"]
    ends = (scale.kwargs.min_percentile, scale.kwargs.max_percentile)
    low, high = np.percentile(counts, ends, axis=(0, 1))
    shown = ((counts - low) / (high - low)).astype(np.float32)
    (network,) = unpacked.glob("*.zip")
    (maps,) = run_saved_model(network, shown[np.newaxis])
    probability, _ = attached.predict(normalise(counts), axes="YXC")
    np.testing.assert_allclose(maps[::2, ::2, 0], probability, atol=1e-4)
