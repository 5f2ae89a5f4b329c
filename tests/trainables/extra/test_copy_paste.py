"""Pasted cells keep their labels, hide no other cell and say where they come from."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from scipy.ndimage import label as connected_components

from trainables.data.sample import IGNORED, Sample
from trainables.extra.copy_paste import make_copy_paste

GROUND, CELL = 0.2, 1.0


def sample_with_discs(*, name: str, count: int = 6, ground: float = GROUND) -> Sample:
    """Discs of 8 pixels radius on a 160 x 160 image, brighter than their ground by 0.8."""
    labels = np.zeros((160, 160), np.int32)
    y, x = np.indices(labels.shape)
    for n in range(count):
        row, column = 20 + 25 * (n // 3) * 2, 20 + 45 * (n % 3)
        labels[(y - row) ** 2 + (x - column) ** 2 <= 64] = n + 1
    image = np.where(labels > 0, ground + CELL - GROUND, ground).astype(np.float32)[..., None]
    return Sample(id=name, image=image, labels=labels, group=f"group of {name}")


def make(samples: list[Sample], *, count: int = 12, seed: int = 0) -> list[Sample]:
    return make_copy_paste(samples, count=count, crop_px=96, rng=np.random.default_rng(seed))


def test_crops_have_the_promised_form() -> None:
    crops = make([sample_with_discs(name="a"), sample_with_discs(name="b")])
    assert len({crop.id for crop in crops}) == 12
    for crop in crops:
        assert crop.image.shape == (96, 96, 1)
        assert crop.provenance is not None
        assert crop.provenance.maker == "copy_paste"
        assert set(crop.provenance.sources) <= {"a", "b"}
        assert crop.group.removeprefix("group of ") in crop.provenance.sources


def test_cells_are_added() -> None:
    ground = sample_with_discs(name="a", count=1)
    crops = make([ground], count=30)
    assert np.mean([crop.cell_count for crop in crops]) > 2


def test_labels_lie_where_the_cells_are() -> None:
    for crop in make([sample_with_discs(name="a"), sample_with_discs(name="b")]):
        bright = crop.image[..., 0] > (GROUND + CELL) / 2
        assert (bright != (crop.labels > 0)).mean() < 0.03
        dark = crop.image[..., 0][crop.labels == 0]
        assert np.median(dark) == pytest.approx(GROUND, abs=0.01)


def test_pasted_cells_take_the_brightness_of_the_ground_they_land_on() -> None:
    """Cells from a bright slide on a dark one: no bright rim, no doubled brightness."""
    samples = [sample_with_discs(name="dark"), sample_with_discs(name="bright", ground=3.0)]
    for crop in make(samples, count=20):
        ground = np.median(crop.image[crop.labels == 0])
        assert crop.image.max() < ground + CELL - GROUND + 0.05
        assert crop.image.min() > ground - 0.05


def test_a_cell_takes_its_halo_along() -> None:
    """As in phase contrast: a dark disc of radius 15 in a bright ring of 4 pixels."""
    y, x = np.indices((120, 120))
    distance = np.hypot(y - 60, x - 60)
    labels = (distance <= 15).astype(np.int32)
    image = np.where(distance <= 15, 0.1, np.where(distance <= 19, 1.0, GROUND))
    haloed = Sample(id="h", image=image.astype(np.float32)[..., None], labels=labels, group="h")
    ground = np.full((160, 160, 1), GROUND, np.float32)
    empty = Sample(id="e", image=ground, labels=np.zeros((160, 160), np.int32), group="e")
    pasted = [crop for crop in make([haloed, empty], count=40) if crop.group == "e"]
    halos = [halo_of(crop) for crop in pasted if crop.cell_count == 1]
    assert len(halos) > 5
    assert np.mean(halos) > GROUND + 0.8 * (1 - GROUND)


def halo_of(crop: Sample) -> float:
    """Brightness 2 to 3 pixels from the one cell of a crop: all of it halo, at any zoom."""
    away = distance_transform_edt(crop.labels == 0)
    return float(crop.image[..., 0][(away >= 2) & (away <= 3)].mean())


def test_cells_stay_nearly_whole_and_in_one_piece() -> None:
    smallest_whole_px = np.pi * 8**2 / 1.25**4
    for crop in make([sample_with_discs(name="a")], count=20):
        for label in np.unique(crop.labels[crop.labels > 0]):
            cell = crop.labels == label
            assert connected_components(cell)[1] == 1
            rows, columns = np.nonzero(cell)
            inside = min(rows.min(), columns.min()) > 0 and max(rows.max(), columns.max()) < 95
            assert not inside or cell.sum() > 0.8 * smallest_whole_px


def test_some_pasted_cells_touch_and_some_do_not() -> None:
    def touching(labels: np.ndarray) -> bool:
        pairs = ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1]))
        return any(bool(((a > 0) & (b > 0) & (a != b)).any()) for a, b in pairs)

    found = [touching(crop.labels) for crop in make([sample_with_discs(name="a")], count=30)]
    assert 0.2 < np.mean(found) < 1


def test_nothing_is_pasted_on_unknown_ground() -> None:
    labels = np.full((200, 200), IGNORED, np.int32)
    labels[:20, :20] = 1
    image = np.zeros((200, 200, 1), np.float32)
    image[:20, :20] = 1
    unknown = Sample(id="unknown", image=image, labels=labels, group="unknown")
    for crop in make([unknown]):
        assert (crop.image[crop.labels == IGNORED] < 1e-6).mean() > 0.95
        assert crop.cell_count <= 1


def test_samples_without_cells_give_plain_crops() -> None:
    crops = make([sample_with_discs(name="empty", count=0)])
    assert all(crop.cell_count == 0 for crop in crops)
    assert all(np.ptp(crop.image) == 0 for crop in crops)


def test_the_annotated_samples_are_untouched_and_the_generator_fixes_all() -> None:
    sample = sample_with_discs(name="a")
    image, labels = sample.image.copy(), sample.labels.copy()
    first, again, other = make([sample]), make([sample]), make([sample], seed=1)
    np.testing.assert_array_equal(sample.image, image)
    np.testing.assert_array_equal(sample.labels, labels)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.labels, b.labels)
    assert not np.array_equal(first[0].image, other[0].image)


def test_copy_paste_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one annotated sample"):
        make([])
