import numpy as np
import pytest

from trainables.data.sample import Sample
from trainables.extra.mixes import MIXES, SQUARES, make_mixes

SIDE_PX = 64


def flat(name: str, value: float, *, group: str = "") -> Sample:
    """A sample of one brightness under one cell, so that pixels tell where they are from."""
    return Sample(
        id=name,
        image=np.full((100, 90, 2), value, np.float32),
        labels=np.full((100, 90), int(10 * value), np.int32),
        group=group or name,
    )


def mix(kind: str, *, seed: int = 0, count: int = 12) -> list[Sample]:
    samples = [flat("a", 0.1), flat("b", 0.2), flat("c", 0.3)]
    rng = np.random.default_rng(seed)
    return make_mixes(samples, kind=kind, count=count, crop_px=SIDE_PX, rng=rng)


def origins(made: Sample) -> np.ndarray:
    """Which sample each pixel is from: 1 for a, 2 for b, 3 for c."""
    return np.rint(10 * made.image[..., 0]).astype(int)


@pytest.mark.parametrize("kind", MIXES)
class TestEveryMix:
    def test_images_labels_and_sources_belong_together(self, kind: str) -> None:
        for made in mix(kind):
            assert made.image.shape == (SIDE_PX, SIDE_PX, 2)
            assert made.provenance is not None
            assert made.provenance.maker == kind
            shown = {"_abc"[n] for n in np.unique(origins(made))}
            assert shown <= set(made.provenance.sources)
            assert made.group in made.provenance.sources
            for label in np.unique(made.labels[made.labels > 0]):
                assert len(np.unique(origins(made)[made.labels == label])) == 1

    def test_the_generator_fixes_the_crops(self, kind: str) -> None:
        for one, again in zip(mix(kind), mix(kind), strict=True):
            np.testing.assert_array_equal(one.image, again.image)
        different = [
            not np.array_equal(one.image, other.image)
            for one, other in zip(mix(kind), mix(kind, seed=1), strict=True)
        ]
        assert any(different)

    def test_nothing_to_mix_is_refused(self, kind: str) -> None:
        with pytest.raises(ValueError, match="at least one annotated sample"):
            make_mixes([], kind=kind, count=1, crop_px=32, rng=np.random.default_rng(0))


def test_repeated_crops_hold_nothing_new() -> None:
    assert all(len(np.unique(origins(made))) == 1 for made in mix("real_repeated"))


def test_cutmix_shows_rectangles_of_every_area() -> None:
    areas = []
    for made in mix("cutmix", count=60):
        found = origins(made)
        names, counts = np.unique(found, return_counts=True)
        assert len(names) <= 2
        areas.append(counts.min() / SIDE_PX**2 if len(names) == 2 else 0.0)
    assert max(areas) > 0.3
    assert min(areas) < 0.05


def test_chessmix_has_a_piece_in_every_square() -> None:
    side = SIDE_PX // SQUARES
    for made in mix("chessmix"):
        squares = origins(made).reshape(SQUARES, side, SQUARES, side).swapaxes(1, 2)
        assert (np.ptp(squares.reshape(SQUARES**2, -1), axis=1) == 0).all()
        assert len(np.unique(made.labels)) == SQUARES**2  # one cell in each, none joined
    assert len(np.unique(origins(mix("chessmix")[0]))) == 3
