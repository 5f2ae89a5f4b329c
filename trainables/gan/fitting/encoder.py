"""A U-Net's encoder, pretrained as the discriminator of a GAN on images without labels.

Source: Majurski et al. 2019, "Cell Image Segmentation Using Generative Adversarial Networks,
Transfer Learning, and Augmentations" (CVPR workshops): what a GAN has learnt of unlabelled images
starts the U-Net's encoder. The discriminator's features as a representation: Radford et al. 2016
(arXiv:1511.06434).

It does not use the loop of trainables/training/loop.py: nothing is evaluated, reported, kept or
saved on the way, so that only the loop's steps would be left.
"""

from collections.abc import Sequence

import numpy as np
import torch
from segmentation_models_pytorch.encoders import get_encoder
from torch import Tensor, nn

from trainables.data.crops import draw_crop
from trainables.data.sample import Sample
from trainables.gan.adversary import Batch, Fakes, Terms, adversarial_step, optimizers_of, set_rates
from trainables.gan.architectures.dcgan import DcganGenerator
from trainables.gan.diff_augment import DiffAugment
from trainables.gan.fitting.batches import ZOOM
from trainables.gan.fitting.health import refuse_divergence
from trainables.gan.losses import vanilla, zero_centred_penalty
from trainables.segmenters.protocol import EncoderSettings
from trainables.spec.randomness import Randomness, fence
from trainables.spec.training_spec import TrainingSpec
from trainables.training.device import autocast, best_device, place, place_batch, reproducible
from trainables.training.schedule import decay

WIDTH = 16
"""Channels of the generator's last level."""
LEARNING_RATE = 5e-4
PENALTY_WEIGHT = 1.0
"""Weight of R1, on real images: Mescheder et al. 2018 (arXiv:1801.04406)."""


def learn_encoder(
    images: Sequence[Sample],
    *,
    settings: EncoderSettings,
    training: TrainingSpec,
    randomness: Randomness,
) -> dict[str, Tensor]:
    """Weights of the encoder, by name, after as many crops as the segmenter will be shown.

    Args:
        images: annotated or not, at the working scale; their labels are not used.
        settings: which encoder.
        training: length, batch size and side of the crops.
        randomness: of the trial.

    Raises:
        TrainingDiverged: a loss became infinite, NaN or enormous.
    """
    device = best_device()
    with fence(randomness.integer("gan encoder weights")):
        gan = EncoderGan(settings, channels=images[0].image.shape[2])
    for network in (gan.discriminator, gan.generator):
        place(network.train(), device)
    optimizers = optimizers_of(gan)
    with reproducible():
        for step in range(1, training.steps + 1):
            set_rates(optimizers, rate=LEARNING_RATE * decay((step - 1) / training.steps))
            rng = randomness.generator("gan encoder", step)
            batch = _batch(images, training=training, rng=rng, device=device)
            losses = adversarial_step(gan, optimizers, batch, autocast=autocast(device))
            refuse_divergence(losses, step=step)
    return {name: value.detach().cpu() for name, value in gan.encoder.state_dict().items()}


class EncoderGan:
    """See `Adversary`. Images from noise, judged by the encoder."""

    noise_channels = 32
    momenta = (0.0, 0.99)

    def __init__(self, settings: EncoderSettings, *, channels: int) -> None:
        judge = Judge(settings, channels=channels)
        self.encoder = judge.encoder
        self.discriminator: nn.Module = judge
        self.generator: nn.Module = DcganGenerator(
            width=WIDTH, outputs=channels, noise_channels=self.noise_channels
        )

    def make(self, batch: Batch) -> Fakes:
        return {"image": self.generator(batch.condition, batch.noise)}

    def discriminator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        # The penalty differentiates twice, for which bfloat16 is too coarse.
        with torch.autocast(batch.images.device.type, enabled=False):
            seen = _moved(batch, batch.images).requires_grad_(True)
            judged = self.discriminator(seen)
            penalty = PENALTY_WEIGHT / 2 * zero_centred_penalty(judged, seen)
        judged_made = self.discriminator(_moved(batch, fakes["image"].float()))
        return {
            "real": vanilla(judged, real=True),
            "made": vanilla(judged_made, real=False),
            "penalty": penalty,
        }

    def generator_loss(self, batch: Batch, fakes: Fakes) -> Terms:
        fooled = self.discriminator(_moved(batch, fakes["image"].float()))
        return {"made": vanilla(fooled, real=True)}


class Judge(nn.Module):
    """The encoder, and one judgement of its coarsest features."""

    def __init__(self, settings: EncoderSettings, *, channels: int) -> None:
        super().__init__()
        self.encoder = get_encoder(
            settings.encoder, in_channels=channels, depth=settings.depth, weights=None
        )
        self.head = nn.Linear(self.encoder.out_channels[-1], 1)

    def forward(self, images: Tensor) -> Tensor:
        """float [N, C, H, W] to [N, 1]."""
        return self.head(self.encoder(images)[-1].mean(dim=(2, 3)))


def _moved(batch: Batch, images: Tensor) -> Tensor:
    return batch.augment(images[:, :0], images)[1]


def _batch(
    images: Sequence[Sample],
    *,
    training: TrainingSpec,
    rng: np.random.Generator,
    device: torch.device,
) -> Batch:
    """Crops and noise, without a condition; every pixel of a crop counts."""
    real = _crops(images, training=training, rng=rng, device=device)
    noise_shape = (len(real), EncoderGan.noise_channels, *real.shape[2:])
    noise = rng.standard_normal(noise_shape, np.float32)
    return Batch(
        condition=real[:, :0],
        images=real,
        known=torch.ones_like(real[:, :1], dtype=torch.bool),
        noise=place_batch(torch.from_numpy(noise), device),
        between=torch.zeros(len(real), device=device),
        augment=DiffAugment(
            count=len(real),
            side_px=real.shape[2],
            rng=torch.Generator().manual_seed(int(rng.integers(2**31))),
        ),
    )


def _crops(
    images: Sequence[Sample],
    *,
    training: TrainingSpec,
    rng: np.random.Generator,
    device: torch.device,
) -> Tensor:
    crops = [
        draw_crop(
            images[int(rng.integers(len(images)))], crop_px=training.crop_px, zoom=ZOOM, rng=rng
        )[0]
        for _ in range(training.batch_size)
    ]
    return place_batch(torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2), device)
