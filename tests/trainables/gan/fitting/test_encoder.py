import dataclasses

import numpy as np
import pytest
import torch

from tests.trainables.gan.cells import make_samples
from trainables.extra.gan_encoder import start_from_gan_encoder
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.made import make_segmenter
from trainables.segmenters.protocol import Segmenter
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, TrialSpec, WeightsSpec, unlabelled_count

SPEC = TrialSpec(
    stage="search",
    arm="unet_gan_encoder",
    study_seed=0,
    seed=0,
    data=DataSpec(split="s", annotation_count=3, draw=0),
    segmenter=UnetSpec(depth=3, width=4),
    training=TrainingSpec(images_seen=6, evaluations=1, batch_size=2, crop_px=64),
    weights=WeightsSpec(kind="gan_encoder"),
)


def started(*, seed: int = 0) -> dict[str, torch.Tensor]:
    segmenter = make_segmenter(SPEC, channels=1)
    samples = make_samples(channels=1)
    start_from_gan_encoder(segmenter, SPEC, images=samples, randomness=Randomness((seed,)))
    return weights_of(segmenter)


def weights_of(segmenter: Segmenter) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in segmenter._network.state_dict().items()}


def test_the_encoder_is_replaced_and_nothing_else() -> None:
    before, after = weights_of(make_segmenter(SPEC, channels=1)), started()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert all(name.startswith("encoder.") for name in changed)
    convolutions = {name for name in before if name.startswith("encoder.") and "conv" in name}
    assert convolutions <= changed


def test_it_is_fixed_by_its_seed_and_leaves_the_global_state_alone() -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = started()
    assert torch.equal(state, torch.get_rng_state())
    np.random.seed(1)
    assert all(torch.equal(first[name], value) for name, value in started().items())
    assert not torch.equal(first["encoder.conv1.weight"], started(seed=1)["encoder.conv1.weight"])


def test_it_asks_for_images_without_labels() -> None:
    assert unlabelled_count(SPEC) == SPEC.extra.pool_size
    assert unlabelled_count(dataclasses.replace(SPEC, weights=WeightsSpec())) == 0


def test_other_segmenters_are_refused() -> None:
    spec = dataclasses.replace(SPEC, segmenter=CellposeSpec())
    with pytest.raises(ValueError, match="Cellpose cannot start from a GAN's encoder"):
        start_from_gan_encoder(
            make_segmenter(SPEC, channels=1), spec, images=[], randomness=Randomness((0,))
        )
