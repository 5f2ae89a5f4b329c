"""A history worked out by hand: crops of one pixel, two of which are kept."""

import torch
from torch import Tensor

from trainables.gan.architectures.history import History


def crops(*values: float) -> Tensor:
    return torch.tensor(values)[:, None, None, None]


def test_earlier_crops_are_shown_again() -> None:
    """1 and 2 are kept and shown; then 0.3 is place 1 of two, 0.9 exchanges nothing, 0 place 0."""
    history = History(size=2, channels=1, side_px=1)
    assert history(crops(1, 2), torch.tensor([0.3, 0.3])).flatten().tolist() == [1, 2]
    shown = history(crops(3, 4, 5), torch.tensor([0.3, 0.9, 0.0]))
    assert shown.flatten().tolist() == [2, 4, 1]
    assert history.kept.flatten().tolist() == [5, 3]


def test_a_checkpoint_holds_it() -> None:
    first, second = (History(size=2, channels=1, side_px=1) for _ in range(2))
    first(crops(1, 2), torch.zeros(2))
    second.load_state_dict(first.state_dict())
    assert second(crops(3), torch.zeros(1)).item() == 1
