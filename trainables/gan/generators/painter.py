"""A fitted generator of images for given labels: network, palette, and the way between them."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainables.data.sample import Sample
from trainables.gan.conditioning import Appearance, Palette, condition, draw_appearance, measure
from trainables.gan.generators.network import load_weights, run, save_weights
from trainables.gan.masks.sources import Mask, draw_masks
from trainables.gan.protocol import Drawn
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec
from trainables.spec.randomness import fence

PALETTE_FILE = "palette.npz"


class Painter:
    """The `Generator` of every architecture that paints instance labels."""

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        with fence(0):  # the weights will come from a fit or a file
            adversary = ARCHITECTURES[spec.architecture].make(spec, channels)
        self.network = adversary.generator
        self.palette: Palette = {}
        self._noise_channels = adversary.noise_channels
        self.mask_source = spec.mask_source

    def learn(self, samples: Sequence[Sample]) -> None:
        """Takes the colours of annotated samples."""
        self.palette = palette_of(samples)

    def draw(
        self, samples: Sequence[Sample], *, count: int, side_px: int, rng: np.random.Generator
    ) -> list[Drawn]:
        """See `Generator.draw`; the colours are those of the mask's sample."""
        masks = draw_masks(samples, count=count, crop_px=side_px, source=self.mask_source, rng=rng)
        return self.paint_masks(masks, rng)

    def paint_masks(self, masks: Sequence[Mask], rng: np.random.Generator) -> list[Drawn]:
        """Paints each mask in the colours of the sample it comes from."""
        conditions = [self._condition(mask.labels, rng, like=mask.sources[0]) for mask in masks]
        images = self._run(np.stack(conditions), rng)
        return [
            Drawn(image=image, labels=mask.labels, sources=mask.sources)
            for mask, image in zip(masks, images, strict=True)
        ]

    def paint(
        self, labels: np.ndarray, rng: np.random.Generator, *, like: str | None = None
    ) -> np.ndarray:
        """Paints int32 [P, Q] or [N, P, Q] as float32 [P, Q, C] or [N, P, Q, C].

        The same labels and `rng` give the same images, another `rng` gives others.

        Args:
            labels: sides are multiples of 32; unknown pixels (-1) count as background.
            rng: fixes colours and noise.
            like: id of the annotated sample whose colours are taken; without it a random one is
                drawn for each crop.

        Raises:
            ValueError: the side is no multiple of 32, or `like` is no sample of the palette.
        """
        if labels.ndim == 2:
            return self.paint(labels[None], rng, like=like)[0]
        if labels.shape[1] % 32 or labels.shape[2] % 32:
            raise ValueError(
                f"The sides of labels to be painted must be multiples of 32, but got "
                f"{list(labels.shape[1:])}."
            )
        conditions = [self._condition(crop, rng, like=like) for crop in labels]
        return self._run(np.stack(conditions), rng)

    def save(self, folder: Path) -> None:
        """See `Generator.save`."""
        save_weights(self.network, folder)
        arrays = {
            f"{kind}_{index}": getattr(appearance, kind)
            for index, appearance in enumerate(self.palette.values())
            for kind in ("background", "cells")
        }
        np.savez(folder / PALETTE_FILE, ids=json.dumps(list(self.palette)), **arrays)

    def load(self, folder: Path) -> None:
        """See `Generator.load`."""
        load_weights(self.network, folder)
        with np.load(folder / PALETTE_FILE) as stored:
            self.palette = {
                name: Appearance(
                    background=stored[f"background_{index}"], cells=stored[f"cells_{index}"]
                )
                for index, name in enumerate(json.loads(str(stored["ids"])))
            }

    def _condition(
        self, labels: np.ndarray, rng: np.random.Generator, *, like: str | None
    ) -> np.ndarray:
        names = list(self.palette)
        name = names[int(rng.integers(len(names)))] if like is None else like
        if name not in self.palette:
            raise ValueError(f"like must be one of the samples {names}, but got {name!r}.")
        count = len(np.unique(labels[labels > 0]))
        return condition(labels, draw_appearance(self.palette, count=count, like=name, rng=rng))

    def _run(self, conditions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return run(self.network, conditions, noise_channels=self._noise_channels, rng=rng)


def palette_of(samples: Sequence[Sample]) -> dict[str, Appearance]:
    """The colours of annotated samples, by their ids."""
    return {sample.id: measure(sample.image, sample.labels) for sample in samples}
