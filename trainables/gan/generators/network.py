"""The network of a fitted generator: saved, loaded, and run batch by batch."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from trainables.training.device import autocast, best_device, place, place_batch

BATCH = 8
"""Crops made at once."""
FILE = "generator.pt"


def save_weights(network: nn.Module, folder: Path) -> None:
    """Writes what `load_weights` reads."""
    torch.save(network.state_dict(), folder / FILE)


def load_weights(network: nn.Module, folder: Path) -> None:
    """Loads the saved weights into a network of the same kind."""
    weights = torch.load(folder / FILE, map_location="cpu", weights_only=True)
    network.load_state_dict(weights)


def run(
    network: nn.Module, conditions: np.ndarray, *, noise_channels: int, rng: np.random.Generator
) -> np.ndarray:
    """float32 [N, K, H, W] conditions to float32 [N, H, W, outputs]; `rng` fixes the noise."""
    device = best_device()
    place(network.eval(), device)
    parts = [
        _run(network, conditions[start : start + BATCH], noise_channels, rng, device)
        for start in range(0, len(conditions), BATCH)
    ]
    return np.concatenate(parts)


def _run(
    network: nn.Module,
    conditions: np.ndarray,
    noise_channels: int,
    rng: np.random.Generator,
    device: torch.device,
) -> np.ndarray:
    count, _, height, width = conditions.shape
    noise = rng.standard_normal((count, noise_channels, height, width), np.float32)
    with torch.inference_mode(), autocast(device):
        made = network(
            place_batch(torch.from_numpy(conditions), device),
            place_batch(torch.from_numpy(noise), device),
        )
    array: np.ndarray = made.float().cpu().permute(0, 2, 3, 1).contiguous().numpy()
    return array
