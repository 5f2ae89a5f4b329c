"""A fitted generator that makes images and instance maps together."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainables.data.sample import Sample
from trainables.gan.architectures.relief import RELIEF_CHANNELS, decode_relief
from trainables.gan.generators.network import load_weights, run, save_weights
from trainables.gan.protocol import Drawn
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec
from trainables.spec.randomness import fence

SOURCES_FILE = "sources.json"


class Creator:
    """The `Generator` of every architecture that makes its own labels."""

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        with fence(0):  # the weights will come from a fit or a file
            adversary = ARCHITECTURES[spec.architecture].make(spec, channels)
        self.network = adversary.generator
        self.sources: tuple[str, ...] = ()
        self._noise_channels = adversary.noise_channels

    def learn(self, samples: Sequence[Sample]) -> None:
        """Records what it was fitted on."""
        self.sources = tuple(sample.id for sample in samples)

    def draw(
        self, samples: Sequence[Sample], *, count: int, side_px: int, rng: np.random.Generator
    ) -> list[Drawn]:
        """See `Generator.draw`; every annotated sample is a source of every crop.

        Raises:
            ValueError: the side is no multiple of 32.
        """
        if side_px % 32:
            raise ValueError(f"The side of crops must be a multiple of 32, but got {side_px}.")
        nothing = np.empty((count, 0, side_px, side_px), np.float32)
        made = run(self.network, nothing, noise_channels=self._noise_channels, rng=rng)
        return [
            Drawn(
                image=crop[..., :-RELIEF_CHANNELS].copy(),
                labels=decode_relief(crop[..., -RELIEF_CHANNELS:].transpose(2, 0, 1)),
                sources=self.sources,
            )
            for crop in made
        ]

    def save(self, folder: Path) -> None:
        """See `Generator.save`."""
        save_weights(self.network, folder)
        (folder / SOURCES_FILE).write_text(json.dumps(self.sources))

    def load(self, folder: Path) -> None:
        """See `Generator.load`."""
        load_weights(self.network, folder)
        self.sources = tuple(json.loads((folder / SOURCES_FILE).read_text()))
