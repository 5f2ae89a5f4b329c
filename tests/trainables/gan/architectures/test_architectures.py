"""What makes each architecture the one that it is named after: its terms, judges and weights."""

import dataclasses

import pytest
import torch
from torch import Tensor

from tests.trainables.gan.architectures.contract import small
from tests.trainables.gan.cells import make_samples
from trainables.gan.adversary import Adversary, Batch, Fakes, Terms
from trainables.gan.architectures.blocks import judgements
from trainables.gan.architectures.dcgan import Dcgan
from trainables.gan.architectures.joint import Joint
from trainables.gan.architectures.oasis import CLASSES, Oasis, _class_weights, _mix_mask
from trainables.gan.architectures.pix2pixhd import Pix2pixHD
from trainables.gan.architectures.relief import as_judged, real_with_relief
from trainables.gan.architectures.spade import SpadeGan
from trainables.gan.fitting.batches import Material, draw_gan_batch
from trainables.gan.losses import one_centred_penalty, zero_centred_penalty
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec, optional_settings
from trainables.spec.randomness import Randomness, fence

BOUNDARY = 2
"""Channel of the condition that shows where instances end."""


def make(architecture: str, **changes: object) -> tuple[Adversary, Batch]:
    """Networks with random weights, and two crops of annotated discs."""
    spec: GanSpec = small(architecture, **changes)
    with fence(0):
        adversary = ARCHITECTURES[architecture].make(spec, 1)
    batch = draw_gan_batch(
        Material(images=make_samples(channels=1)),
        spec=spec,
        noise_channels=adversary.noise_channels,
        rng=Randomness((0,)).generator("batch"),
        device=torch.device("cpu"),
    )
    return adversary, batch


def fakes_of(adversary: Adversary, batch: Batch) -> Fakes:
    return {name: made.detach() for name, made in adversary.make(batch).items()}


def discriminator_terms(adversary: Adversary, batch: Batch) -> Terms:
    return adversary.discriminator_loss(batch, fakes_of(adversary, batch))


class NotedSpec:
    """A spec that notes which of its fields are read."""

    def __init__(self, spec: GanSpec) -> None:
        self._spec, self.read = spec, set[str]()

    def __getattr__(self, name: str) -> object:
        self.read.add(name)
        return getattr(self._spec, name)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_networks_use_the_settings_that_their_row_names(architecture: str) -> None:
    row, spec = ARCHITECTURES[architecture], NotedSpec(small(architecture))
    with fence(0):
        row.make(spec, 1)
    assert spec.read & optional_settings() == row.uses
    assert row.uses


def test_joint_punishes_slopes_at_real_and_at_made_images() -> None:
    """Half the weight each, R1 at the real ones and R2 at the made ones; pairing in both losses."""
    joint, batch = make("joint", penalty_weight=3.0)
    assert isinstance(joint, Joint)
    terms = discriminator_terms(joint, batch)
    assert set(terms) == {"pairing", "r1", "r2"}
    for name, images in (
        ("r1", real_with_relief(batch)),
        ("r2", fakes_of(joint, batch)["image"]),
    ):
        seen = as_judged(batch, images).requires_grad_(True)
        slope = zero_centred_penalty(joint.discriminator(seen), seen)
        assert terms[name].item() == pytest.approx(1.5 * slope.item(), rel=1e-4)
        assert slope.item() > 0
    assert terms["r1"].item() != pytest.approx(terms["r2"].item(), rel=1e-3)
    assert set(joint.generator_loss(batch, joint.make(batch))) == {"pairing"}


def test_dcgan_punishes_slopes_between_real_and_made_images() -> None:
    dcgan, batch = make("dcgan", penalty_weight=7.0)
    assert isinstance(dcgan, Dcgan)
    dcgan.generator.eval()  # a batch norm that runs twice would not be the same twice
    terms = discriminator_terms(dcgan, batch)
    real = as_judged(batch, real_with_relief(batch))
    made = as_judged(batch, fakes_of(dcgan, batch)["image"])
    judge = dcgan.discriminator
    penalty = one_centred_penalty(judge, real, made, batch.between)
    assert terms["penalty"].item() == pytest.approx(7 * penalty.item(), rel=1e-4)
    difference = judge(made).mean() - judge(real).mean()
    assert terms["wasserstein"].item() == pytest.approx(difference.item(), abs=1e-5)
    assert set(dcgan.generator_loss(batch, dcgan.make(batch))) == {"wasserstein"}


@pytest.mark.parametrize("architecture", ["pix2pixhd", "spade"])
def test_judges_at_two_scales_both_learn(architecture: str) -> None:
    gan, batch = make(architecture)
    assert isinstance(gan, Pix2pixHD | SpadeGan)
    shapes = [tuple(judged.shape[2:]) for judged in judgements(gan.judge(batch, batch.images))]
    assert shapes == [(4, 4), (2, 2)]  # of 32 pixels at full and at half resolution
    sum(discriminator_terms(gan, batch).values(), torch.zeros(())).backward()
    for judge in gan.discriminator.judges:
        gradients = [value.grad for value in judge.parameters()]
        assert any(found is not None and found.abs().max() > 0 for found in gradients)


def test_pix2pixhd_shows_instance_edges_to_painter_and_judges() -> None:
    """Where two cells touch nothing but their boundary says that they are two."""
    gan, batch = make("pix2pixhd")
    assert isinstance(gan, Pix2pixHD)
    assert batch.condition[:, BOUNDARY].any()
    blind = batch.condition.clone()
    blind[:, BOUNDARY] = 0
    without = dataclasses.replace(batch, condition=blind)
    assert changed(gan.make(batch)["image"], gan.make(without)["image"])
    seen, unseen = (judgements(gan.judge(one, batch.images)) for one in (batch, without))
    for with_edges, without_edges in zip(seen, unseen, strict=True):
        assert changed(with_edges, without_edges)


def changed(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() > 1e-4)


def classes_of(*pixels: int | None) -> Tensor:
    """float [1, CLASSES, 1, pixels], one-hot; None is unknown."""
    classes = torch.zeros(1, CLASSES, 1, len(pixels))
    for place, one in enumerate(pixels):
        if one is not None:
            classes[0, one, 0, place] = 1
    return classes


def test_oasis_weighs_classes_by_how_rare_they_are() -> None:
    """Of 4 known pixels 3 are class 0 and 1 is class 2; class 1 is not there; painted weighs 1.
    Each class that is there gets the same share: 3 * 4 / (3 * 2) = 2 = 1 * 4 / (1 * 2)."""
    weights = _class_weights(classes_of(0, 0, 2, 0, None))
    assert weights.tolist() == pytest.approx([4 / (3 * 2), 0, 4 / (1 * 2), 1])


def test_oasis_mixes_whole_classes() -> None:
    """0.7 is way 5 of 8, binary 101: classes 0 and 2 are real, 1 and the unknown are painted."""
    mask = _mix_mask(classes_of(0, 1, 2, None), torch.tensor([0.7]))
    assert mask.flatten().tolist() == [True, False, True, False]
    nothing, everything = (
        _mix_mask(classes_of(0, 1, 2), torch.tensor([chance])).flatten().tolist()
        for chance in (0.0, 1.0)
    )
    assert (nothing, everything) == ([False] * 3, [True] * 3)


def test_oasis_is_held_to_the_mix_of_its_judgements() -> None:
    """LabelMix has no say where all is painted (way 0), since the mix then is the painted image."""
    oasis, batch = make("oasis", mix_weight=10.0)
    assert isinstance(oasis, Oasis)
    oasis.discriminator.eval()  # spectral norms take a step at each look while training
    for chance, expected in ((0.0, False), (0.7, True)):
        one = dataclasses.replace(batch, between=torch.full((2,), chance))
        assert (discriminator_terms(oasis, one)["label_mix"].item() > 1e-9) == expected
