"""What one step of each GAN costs, against the same networks in plain float32.

Run by hand, as times depend on the machine; the ratio is of CPU seconds, in which other processes
do not count:

    python -m tests.benchmarks.gans
    python -m tests.benchmarks.gans --architectures spade joint --crop-px 128
"""

import argparse
import time

import numpy as np
import torch
from torch import nn

from tests.trainables.gan.cells import make_samples
from trainables.gan.adversary import Adversary, Batch, Optimizers, adversarial_step
from trainables.gan.fitting.batches import Material, draw_gan_batch
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec, paper_gan
from trainables.training.device import autocast, place

CPU = torch.device("cpu")
WARM_UP, STEPS = 2, 4


def seconds_per_step(spec: GanSpec, *, fast: bool) -> float:
    """Fewest CPU seconds of a few steps of both sides.

    Args:
        fast: as the study computes; else in float32 and torch's own memory format.
    """
    adversary = ARCHITECTURES[spec.architecture].make(spec, 1)
    batch = _batch(spec, adversary, fast=fast)
    optimizers = Optimizers(
        generator=torch.optim.Adam(adversary.generator.parameters(), fused=True),
        discriminator=torch.optim.Adam(adversary.discriminator.parameters(), fused=True),
    )
    if fast:
        for network in (adversary.generator, adversary.discriminator):
            place(network, CPU)
    precision = autocast(CPU) if fast else torch.autocast("cpu", enabled=False)
    seconds = []
    for _ in range(WARM_UP + STEPS):
        started = time.process_time()
        adversarial_step(adversary, optimizers, batch, autocast=precision)
        seconds.append(time.process_time() - started)
    return min(seconds[WARM_UP:])


def _batch(spec: GanSpec, adversary: Adversary, *, fast: bool) -> Batch:
    batch = draw_gan_batch(
        Material(images=make_samples(channels=1)),
        spec=spec,
        noise_channels=adversary.noise_channels,
        rng=np.random.default_rng(0),
        device=CPU,
    )
    if fast:
        return batch
    return Batch(
        condition=batch.condition.contiguous(),
        images=batch.images.contiguous(),
        known=batch.known.contiguous(),
        noise=batch.noise.contiguous(),
        between=batch.between,
        augment=batch.augment,
    )


def _parameters(network: nn.Module) -> float:
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


def main() -> None:
    options = _options()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, crops {options.crop_px}")
    print(f"{'architecture':12} {'M params':>9} {'s/step':>8} {'float32':>8} {'ratio':>6}")
    for name in options.architectures:
        spec = paper_gan(name, crop_px=options.crop_px, width=options.width)
        plain, fast = (seconds_per_step(spec, fast=fast) for fast in (False, True))
        size = _parameters(ARCHITECTURES[name].make(spec, 1).generator)
        print(f"{name:12} {size:9.2f} {fast:8.3f} {plain:8.3f} {plain / fast:6.2f}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = tuple(ARCHITECTURES)
    parser.add_argument("--architectures", nargs="+", choices=names, default=names)
    parser.add_argument("--crop-px", type=int, default=96)
    parser.add_argument("--width", type=int, default=16)
    return parser.parse_args()


if __name__ == "__main__":
    main()
