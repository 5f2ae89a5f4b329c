import torch

from trainables.gan.diff_augment import DiffAugment

SIDE_PX = 32


def make(seed: int = 0, count: int = 3) -> DiffAugment:
    return DiffAugment(count=count, side_px=SIDE_PX, rng=torch.Generator().manual_seed(seed))


def test_condition_and_image_move_together() -> None:
    pixels = torch.rand(3, 1, SIDE_PX, SIDE_PX)
    condition, image = make()(pixels.repeat(1, 2, 1, 1), pixels)
    assert torch.equal(condition[:, :1], image)
    assert torch.equal(condition[:, 1:], image)


def test_two_batches_get_the_same_change_and_another_seed_another() -> None:
    pixels = torch.rand(3, 1, SIDE_PX, SIDE_PX)
    augment = make()
    assert torch.equal(augment(pixels, pixels)[1], augment(pixels, pixels)[1])
    assert not torch.equal(augment(pixels, pixels)[1], make(1)(pixels, pixels)[1])


def test_shift_is_small_and_a_square_is_cut_out() -> None:
    rows = torch.arange(1.0, SIDE_PX + 1)[None, None, :, None].expand(8, 1, SIDE_PX, SIDE_PX)
    moved = make(count=8)(rows, rows)[1]
    for crop in moved[:, 0]:
        kept = crop != 0
        shifts = (crop - rows[0, 0])[kept]
        assert shifts.min() == shifts.max()
        assert shifts.abs().max() <= SIDE_PX // 8
    assert 0 < (moved == 0).float().mean() < 0.5


def test_gradients_pass_only_where_pixels_are_kept() -> None:
    image = torch.ones(1, 1, SIDE_PX, SIDE_PX, requires_grad=True)
    moved = make(count=1)(torch.ones(1, 1, SIDE_PX, SIDE_PX), image)[1]
    moved.sum().backward()
    assert image.grad is not None
    assert image.grad.sum() == (moved != 0).sum()


def test_colours_stay_as_they_were_told() -> None:
    """Pixels are moved or cut out, nothing else: every value is an old one or 0."""
    pixels = torch.rand(3, 2, SIDE_PX, SIDE_PX) + 1
    moved = make()(pixels, pixels)[1]
    for before, after in zip(pixels, moved, strict=True):
        assert set(after.unique().tolist()) <= {0.0, *before.unique().tolist()}
