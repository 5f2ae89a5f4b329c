"""A GAN is one file and one row: with a row more, everything takes the toy for one of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trainables.gan.architectures.contract import PainterContract, small
from tests.trainables.gan.cells import make_samples
from tests.trainables.gan.with_toy_gan import TOY, toy_gan
from trainables.data.trial_data import TrialData
from trainables.gan.pools.files import read_pool
from trainables.gan_trial import run_gan_fit
from trainables.spec.flat import flatten
from trainables.spec.gan_spec import GanSpec, as_fitted, paper_gan
from trainables.spec.trial_spec import DataSpec, GanFitSpec
from trainables.training.contract import NoCheckpoints
from trainables.wire.reading import gan_fit_spec

with toy_gan():
    SPEC = small(TOY)


@pytest.fixture(scope="module", autouse=True)
def toy() -> Iterator[None]:
    with toy_gan():
        yield


class TestToy(PainterContract):
    spec = SPEC


def test_a_pool_is_fitted_and_drawn(tmp_path: Path) -> None:
    gan = paper_gan(
        TOY, images_seen=20, batch_size=2, crop_px=32, pool_size=6, consistency_floor=0.0
    )
    spec = GanFitSpec(
        study_seed=0, seed=0, data=DataSpec(split="s", annotation_count=3, draw=0), gan=gan
    )
    samples = make_samples(channels=1, count=3)
    result = run_gan_fit(
        spec,
        TrialData(training=samples[:2], validation=samples[2:]),
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
        folder=tmp_path,
    )
    assert (result.status, result.gan_fit.gan.architecture) == ("completed", TOY)
    assert result.synthesis["variety"] > 0
    pool = read_pool(tmp_path)
    assert len(pool) == result.synthesis["kept"] == 6
    assert all(sample.provenance and sample.provenance.maker == spec.id for sample in pool)
    assert gan_fit_spec(flatten(spec)) == spec


def test_its_settings_are_those_of_its_row() -> None:
    gan = paper_gan(TOY, mix_weight=3.0, feature_weight=2.0)
    assert (gan.learning_rate, gan.feature_weight) == (1e-2, 2.0)
    assert as_fitted(gan) == paper_gan(TOY, feature_weight=2.0)
    assert as_fitted(GanSpec(feature_weight=2.0)) == GanSpec()
