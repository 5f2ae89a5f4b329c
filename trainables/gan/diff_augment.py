"""Differentiable augmentation: keeps a discriminator from memorising a few images.

Source: Zhao et al. 2020 (arXiv:2006.10738), translation and cutout, with its strengths. Its colour
changes are left out for all architectures: most conditions give each cell's colours, by which an
image is judged, and a crop with changed colours would no longer match its condition.
"""

import torch
from torch import Tensor
from torch.nn import functional

SHIFT = 1 / 8
"""Largest translation, as a share of the side."""
HOLE = 1 / 2
"""Side of the square that is cut out, as a share of the side."""


class DiffAugment:
    """One random change per crop of a batch, the same for real and painted crops.

    The condition and the image change alike.
    """

    def __init__(self, *, count: int, side_px: int, rng: torch.Generator) -> None:
        """Draws the changes of `count` square crops; `rng` is on the CPU."""
        self._side_px = side_px
        self._margin_px = int(side_px * SHIFT)
        self._shifts = _integers(2 * self._margin_px + 1, count, rng)
        self._holes = _integers(side_px, count, rng)

    def __call__(self, condition: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Changes float [N, K, P, P] and [N, C, P, P]; gradients pass."""
        moved = self._move(torch.cat([condition, image], dim=1))
        return moved[:, : condition.shape[1]], moved[:, condition.shape[1] :]

    def _move(self, x: Tensor) -> Tensor:
        padded = functional.pad(x, [self._margin_px] * 4)
        side = self._side_px
        moved = torch.stack(
            [
                crop[:, row : row + side, column : column + side]
                for crop, (row, column) in zip(padded, self._shifts, strict=True)
            ]
        )
        return moved * self._kept().to(moved)

    def _kept(self) -> Tensor:
        """float [N, 1, P, P]: 0 in a square around each crop's random centre, else 1."""
        half = self._side_px * HOLE / 2
        pixels = torch.arange(self._side_px)
        centres = torch.tensor(self._holes)[:, :, None]
        inside = (pixels - centres).abs() < half  # [N, 2, P]
        return 1.0 - (inside[:, 0, :, None] & inside[:, 1, None, :])[:, None].float()


def _integers(below: int, count: int, rng: torch.Generator) -> list[list[int]]:
    """A pair of integers in [0, below) for each crop."""
    return torch.randint(below, (count, 2), generator=rng).tolist()
