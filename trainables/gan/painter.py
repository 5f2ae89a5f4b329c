"""A fitted generator: network, palette, and the way from labels to images."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from trainables.data.sample import Sample
from trainables.gan.conditioning import Appearance, Palette, condition, draw_appearance, measure
from trainables.gan.paired import NOISE_CHANNELS
from trainables.gan.protocol import GANS
from trainables.randomness import fence
from trainables.segmenters.torch_device import autocast, best_device, place, place_batch
from trainables.spec import GanSpec

NETWORK_FILE = "generator.pt"
PALETTE_FILE = "palette.npz"
BATCH = 8
"""Crops painted at once."""


class Painter:
    """Paints instance labels with a network; the `Generator` of every paired architecture."""

    def __init__(self, spec: GanSpec, *, channels: int) -> None:
        with fence(0):  # the weights will come from a fit or a file
            self.network = GANS[spec.architecture](spec, channels)[0].eval()
        self.palette: Palette = {}
        self._channels = channels

    def paint(
        self, labels: np.ndarray, rng: np.random.Generator, *, like: str | None = None
    ) -> np.ndarray:
        """See `Generator.paint`.

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
        batches = (
            self._run(np.stack(conditions[start : start + BATCH]), rng)
            for start in range(0, len(conditions), BATCH)
        )
        return np.concatenate(list(batches))

    def save(self, folder: Path) -> None:
        """See `Generator.save`."""
        torch.save(self.network.state_dict(), folder / NETWORK_FILE)
        arrays = {
            f"{kind}_{index}": getattr(appearance, kind)
            for index, appearance in enumerate(self.palette.values())
            for kind in ("background", "cells")
        }
        np.savez(folder / PALETTE_FILE, ids=json.dumps(list(self.palette)), **arrays)

    def load(self, folder: Path) -> None:
        """See `Generator.load`."""
        weights = torch.load(folder / NETWORK_FILE, map_location="cpu", weights_only=True)
        self.network.load_state_dict(weights)
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
        count, _, height, width = conditions.shape
        noise = rng.standard_normal((count, NOISE_CHANNELS, height, width), np.float32)
        device = best_device()
        place(self.network, device)
        with torch.inference_mode(), autocast(device):
            painted = self.network(
                place_batch(torch.from_numpy(conditions), device),
                place_batch(torch.from_numpy(noise), device),
            )
        return painted.float().cpu().permute(0, 2, 3, 1).contiguous().numpy()


def palette_of(samples: Sequence[Sample]) -> dict[str, Appearance]:
    """The colours of annotated samples, by their ids."""
    return {sample.id: measure(sample.image, sample.labels) for sample in samples}
