"""A generator's earlier crops, shown to its discriminator again.

A discriminator that sees only the latest crops forgets what was wrong with the earlier ones.

Source: Shrivastava et al. 2017 (arXiv:1612.07828), section 2.3, as Zhu et al. 2017
(arXiv:1703.10593), section 4, use it.
"""

import torch
from torch import Tensor, nn

EXCHANGED = 0.5
"""Share of the crops that are exchanged for an earlier one once the history is full."""


class History(nn.Module):
    """Crops kept as buffers, so that a checkpoint of the module holds them."""

    kept: Tensor
    filled: Tensor

    def __init__(self, *, size: int, channels: int, side_px: int) -> None:
        super().__init__()
        self.register_buffer("kept", torch.zeros(size, channels, side_px, side_px))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def forward(self, made: Tensor, chances: Tensor) -> Tensor:
        """The crops to show the discriminator in place of the latest, some of which are kept.

        Args:
            made: float [N, C, P, P].
            chances: float [N] in [0, 1], one random number for each crop.
        """
        shown = made.clone()
        for n, chance in enumerate(chances.tolist()):
            filled = int(self.filled)
            if filled < len(self.kept):
                self.kept[filled] = made[n]
                self.filled += 1
            elif chance < EXCHANGED:
                place = int(chance / EXCHANGED * filled)
                shown[n] = self.kept[place]
                self.kept[place] = made[n]
        return shown
