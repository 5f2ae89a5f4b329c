"""The whole way from samples to a pool on disk, as small as it can be."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.trainables.gan.cells import make_samples
from tests.trainables.segmenters.contract import otherwise_seeded
from trainables.data.dividing.one_image import parts_of
from trainables.data.trial_data import TrialData, WorkingData
from trainables.gan.pools.files import REAL, read_pool, read_samples
from trainables.gan_trial import run_gan_fit
from trainables.results.result import Progress, TrialResult
from trainables.spec.gan_spec import GanSpec
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import DataSpec, GanFitSpec
from trainables.training.contract import NoCheckpoints
from trainables.wire.result_json import from_json, to_json

SPEC = GanFitSpec(
    study_seed=0,
    seed=0,
    data=DataSpec(split="s", annotation_count=3, draw=0),
    gan=GanSpec(
        width=8, images_seen=20, batch_size=2, crop_px=32, pool_size=6, consistency_floor=0.0
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gan")


@pytest.fixture(scope="module")
def progress() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def result(folder: Path, progress: list[Progress]) -> TrialResult:
    samples = make_samples(channels=3, count=3)
    return run_gan_fit(
        SPEC,
        TrialData(training=samples[:2], validation=samples[2:]),
        report=progress.append,
        checkpoints=NoCheckpoints(),
        folder=folder,
    )


def test_result_tells_what_was_done(result: TrialResult, progress: list[Progress]) -> None:
    assert (result.status, result.trial_id) == ("completed", SPEC.id)
    assert result.progress == tuple(progress)
    assert progress[-1].images_seen == 20
    assert result.synthesis["asked"] == result.synthesis["kept"] == 6
    assert result.synthesis["share_dropped"] == 0
    assert result.synthesis["consistency_floor"] == 0  # the spec says so
    for name in ("judge_validation_f1", "empty_share", "empty_share_real"):
        assert 0 <= result.synthesis[name] <= 1
    for name in ("kid", "kid_low", "kid_high", "kid_floor", "nearest_synthetic", "precision"):
        assert np.isfinite(result.synthesis[name])
    for name in ("recall", "memorisation", "diversity", "kid_training"):
        assert np.isfinite(result.synthesis[name])
    assert (result.synthesis["fit_images_seen"], result.synthesis["stopped_early"]) == (20, 0)
    assert result.synthesis["kept_at_images_seen"] in [step.images_seen for step in progress]
    assert result.synthesis["variety"] > 0
    assert np.isfinite(result.synthesis["distance"])
    assert result.cost is not None
    assert 0 < result.cost.training_seconds < result.cost.device_seconds


def test_result_goes_into_the_store(result: TrialResult) -> None:
    assert from_json(to_json(result)).synthesis == result.synthesis


def test_files_are_there(result: TrialResult, folder: Path) -> None:
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "generator/generator.pt",
        "generator/palette.npz",
        "pool.json",
        "pool_images.ome.tif",
        "pool_masks.ome.tif",
        "pool_view.tif",
        "real.json",
        "real_images.ome.tif",
        "real_masks.ome.tif",
        "real_view.tif",
    ]
    real = read_samples(folder, name=REAL)
    pool = read_pool(folder)
    assert len(pool) == len(real) == 6
    assert {sample.image.shape for sample in (*pool, *real)} == {
        (64, 64, 3)
    }  # half as large again as 32, in steps of 32


def test_the_pool_knows_only_training_samples(result: TrialResult, folder: Path) -> None:
    for sample in read_pool(folder):
        assert sample.provenance is not None
        assert sample.provenance.maker == SPEC.id
        assert set(sample.provenance.sources) <= {"0", "1"}
        assert sample.provenance.seed is not None


def test_a_pool_that_the_filter_empties_is_a_result_with_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One annotated image, cut in two, without touching cells; a judge that finds nothing."""
    monkeypatch.setattr("trainables.gan.pools.judge.mean_f1", lambda segmenter, samples: 1.0)
    whole = make_samples(channels=1, count=1)[0]
    labels = np.where(whole.labels == 2, 0, whole.labels)
    training, validation = parts_of(dataclasses.replace(whole, labels=labels))
    gan = dataclasses.replace(SPEC.gan, consistency_floor=1.0, architecture="joint")
    result = run_gan_fit(
        dataclasses.replace(SPEC, gan=gan),
        TrialData(training=[training], validation=[validation]),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        folder=tmp_path,
    )
    assert result.status == "completed"
    assert (result.synthesis["kept"], result.synthesis["asked"]) == (0, 24)
    assert result.synthesis["share_dropped"] == 1.0
    assert result.synthesis["consistency_floor"] == 1.0
    assert np.isnan(result.synthesis["kid"])
    assert np.isfinite(result.synthesis["kid_floor"])
    assert read_pool(tmp_path) == []
    assert from_json(to_json(result)).status == "completed"


class Begun(Exception):  # noqa: N818, it is no error
    """Stands for a fit of which only the beginning is of interest."""


def numbers_of(spec: GanFitSpec, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """A number that is drawn for the judge, and one that is drawn for the GAN."""
    noted: list[Randomness] = []

    def judge(
        spec: GanFitSpec, data: WorkingData, *, randomness: Randomness, **others: Any
    ) -> SimpleNamespace:
        noted.append(randomness)
        return SimpleNamespace(features=None)

    def fit(samples: Any, *, randomness: Randomness, **others: Any) -> None:
        noted.append(randomness)
        raise Begun

    monkeypatch.setattr("trainables.gan_trial.train_judge", judge)
    monkeypatch.setattr("trainables.gan_trial.watch_distance", lambda *given, **named: None)
    monkeypatch.setattr("trainables.gan_trial.fit_gan", fit)
    samples = make_samples(channels=1, count=2)
    with pytest.raises(Begun):
        run_gan_fit(
            spec,
            TrialData(training=samples[:1], validation=samples[1:]),
            report=lambda progress: None,
            checkpoints=NoCheckpoints(),
            folder=folder,
        )
    of_judge, of_gan = noted
    return of_judge.integer("batch", 1), of_gan.integer("batch", 1)


def test_the_study_the_draw_and_the_seed_decide_what_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = (SPEC, *otherwise_seeded(SPEC))
    drawn = [numbers_of(spec, tmp_path, monkeypatch) for spec in specs]
    assert len({judge for judge, _ in drawn}) == len({gan for _, gan in drawn}) == 4
    assert numbers_of(SPEC, tmp_path, monkeypatch) == drawn[0]
