"""A U-Net's encoder, taught by being the discriminator of a GAN on images without labels.

Source: Majurski et al. 2019, "Cell Image Segmentation Using Generative Adversarial Networks,
Transfer Learning, and Augmentations" (CVPR workshops): what a GAN has learnt of unlabelled images
starts the U-Net's encoder. The discriminator's features as a representation: Radford et al. 2016
(arXiv:1511.06434).
"""

from collections.abc import Sequence

import numpy as np
import torch
from segmentation_models_pytorch.encoders import get_encoder
from torch import Tensor, nn

from trainables.data.patches import draw_crop
from trainables.data.sample import Sample
from trainables.gan.adversary import Optimizers
from trainables.gan.dcgan import DcganGenerator
from trainables.gan.diff_augment import DiffAugment
from trainables.gan.health import refuse_divergence
from trainables.gan.losses import vanilla, zero_centred_penalty
from trainables.randomness import Randomness, fence
from trainables.segmenters.schedule import decay
from trainables.segmenters.torch_device import (
    autocast,
    best_device,
    place,
    place_batch,
    reproducible,
)
from trainables.spec import UnetSpec
from trainables.training_spec import TrainingSpec

NOISE_CHANNELS = 32
WIDTH = 16
"""Channels of the generator's last level."""
LEARNING_RATE = 5e-4
PENALTY_WEIGHT = 1.0
"""Of R1, on real images: Mescheder et al. 2018 (arXiv:1801.04406)."""
ZOOM = 1.25


def learn_encoder(
    images: Sequence[Sample],
    *,
    unet: UnetSpec,
    training: TrainingSpec,
    randomness: Randomness,
) -> dict[str, Tensor]:
    """Weights of the encoder, by name, after as many crops as the U-Net will be shown.

    Args:
        images: annotated and other ones, at the working scale; their labels are not used.
        unet: which encoder.
        training: length, batch size and side of the crops.
        randomness: of the trial.

    Raises:
        TrainingDiverged: a loss became infinite, NaN or enormous.
    """
    device, channels = best_device(), images[0].image.shape[2]
    with fence(randomness.integer("gan encoder weights")):
        judge = Judge(unet, channels=channels)
        generator = DcganGenerator(width=WIDTH, outputs=channels, noise_channels=NOISE_CHANNELS)
    for network in (judge, generator):
        place(network.train(), device)
    optimizers = Optimizers(
        generator=torch.optim.Adam(generator.parameters(), betas=(0.0, 0.99), fused=True),
        discriminator=torch.optim.Adam(judge.parameters(), betas=(0.0, 0.99), fused=True),
    )
    with reproducible():
        for step in range(1, training.steps + 1):
            _set_rates(optimizers, rate=LEARNING_RATE * decay((step - 1) / training.steps))
            rng = randomness.generator("gan encoder", step)
            real = _crops(images, training=training, rng=rng, device=device)
            losses = _step(generator, judge, optimizers, real, rng=rng)
            refuse_divergence(losses, step=step)
    return {name: value.detach().cpu() for name, value in judge.encoder.state_dict().items()}


class Judge(nn.Module):
    """The encoder, and one judgement of its coarsest features."""

    def __init__(self, unet: UnetSpec, *, channels: int) -> None:
        super().__init__()
        self.encoder = get_encoder(
            unet.encoder, in_channels=channels, depth=unet.depth, weights=None
        )
        self.head = nn.Linear(self.encoder.out_channels[-1], 1)

    def forward(self, images: Tensor) -> Tensor:
        """float [N, C, H, W] to [N, 1]."""
        return self.head(self.encoder(images)[-1].mean(dim=(2, 3)))


def _step(
    generator: nn.Module,
    judge: nn.Module,
    optimizers: Optimizers,
    real: Tensor,
    *,
    rng: np.random.Generator,
) -> dict[str, float]:
    noise_shape = (len(real), NOISE_CHANNELS, *real.shape[2:])
    noise = place_batch(torch.from_numpy(rng.standard_normal(noise_shape, np.float32)), real.device)
    augment = DiffAugment(
        count=len(real),
        side_px=real.shape[2],
        rng=torch.Generator().manual_seed(int(rng.integers(2**31))),
    )

    def moved(images: Tensor) -> Tensor:
        return augment(images[:, :0], images)[1]

    with autocast(real.device):
        made = generator(noise[:, :0], noise)
    seen = moved(real).requires_grad_(True)
    judged = judge(seen)  # in float32: the penalty differentiates twice
    penalty = PENALTY_WEIGHT / 2 * zero_centred_penalty(judged, seen)
    with autocast(real.device):
        judged_made = judge(moved(made.detach().float()))
    loss = vanilla(judged, real=True) + vanilla(judged_made, real=False) + penalty
    _update(optimizers.discriminator, loss)
    judge.requires_grad_(False)
    with autocast(real.device):
        fooled = vanilla(judge(moved(made.float())), real=True)
    _update(optimizers.generator, fooled)
    judge.requires_grad_(True)
    return {"discriminator": loss.item(), "generator": fooled.item()}


def _update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def _set_rates(optimizers: Optimizers, *, rate: float) -> None:
    for optimizer in (optimizers.generator, optimizers.discriminator):
        for group in optimizer.param_groups:
            group["lr"] = rate


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
