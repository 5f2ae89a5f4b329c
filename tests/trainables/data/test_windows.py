"""Of large images windows are used; what a trial is given of whole and cut images."""

import numpy as np
import pytest

from trainables.data import windows as windows_module
from trainables.data.dividing import annotated as annotated_module
from trainables.data.dividing.annotated import ReadSamples, annotated_samples
from trainables.data.dividing.split import Annotated
from trainables.data.normalise import normalise, normalised
from trainables.data.sample import Sample
from trainables.data.windows import windows_of


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything at a sixteenth of its side: images above 128 x 128 are large."""
    monkeypatch.setattr(windows_module, "LARGE_PX", 128 * 128)
    monkeypatch.setattr(windows_module, "SIDE_PX", 64)
    monkeypatch.setattr(windows_module, "MOST_SIDE_PX", 256)
    monkeypatch.setattr(annotated_module, "TRAINING_PX", 8 * 64 * 64)
    monkeypatch.setattr(annotated_module, "VALIDATION_PX", 2 * 64 * 64)


def large(name: str = "large", *, side_px: int = 320, known: bool = True) -> Sample:
    """2-pixel cells in the left half, numbered; nothing in the right one."""
    rows, columns = np.indices((side_px, side_px))
    labels = np.zeros((side_px, side_px), np.int32)
    dots = (rows % 8 < 2) & (columns % 8 < 2) & (columns < side_px // 2)
    labels[dots] = (1 + rows // 8 * side_px + columns // 8)[dots]
    pixels = (rows * side_px + columns)[:, :, None].astype(np.int32)
    if not known:
        labels[:, side_px // 2 :] = -1
    return Sample(id=name, image=normalised(pixels), labels=labels, group="g")  # type: ignore[arg-type]


def place(window: Sample) -> tuple[slice, slice]:
    top, left = (int(part) for part in window.id.split("-")[-2:])
    height, width = window.labels.shape
    return slice(top, top + height), slice(left, left + width)


def test_windows_are_parts_of_the_image_that_do_not_overlap_and_cover_it() -> None:
    sample = large()
    whole, seen = normalise(sample.image.pixels), np.zeros(sample.labels.shape, int)
    windows = windows_of(sample, most_px=sample.labels.size)
    for window in windows:
        np.testing.assert_array_equal(window.image, whole[place(window)])
        np.testing.assert_array_equal(window.labels, sample.labels[place(window)])
        assert window.labels.size <= 64 * 64
        assert window.labels.base is None  # a copy: the large sample may go
        seen[place(window)] += 1
    assert (seen == 1).all()


def test_fewer_windows_are_the_first_of_more_and_another_image_has_others() -> None:
    ids = [window.id for window in windows_of(large(), most_px=12 * 64 * 64)]
    assert len(ids) == 12
    assert [window.id for window in windows_of(large(), most_px=5 * 64 * 64)] == ids[:5]
    assert len(windows_of(large(), most_px=1)) == 1
    others = [window.id for window in windows_of(large("other"), most_px=12 * 64 * 64)]
    assert [name.removeprefix("large") for name in ids] != [
        name.removeprefix("other") for name in others
    ]


def test_cells_come_first_background_in_between_and_the_unknown_last() -> None:
    highest = [window.labels.max() for window in windows_of(large(), most_px=320 * 320)]
    has_cells = [bool(label > 0) for label in highest]
    assert has_cells[:10] == [True] * 9 + [False]
    assert sum(has_cells) == 15  # 3 of 5 columns of windows
    unknown = windows_of(large(known=False), most_px=320 * 320)
    assert [bool((window.labels < 0).all()) for window in unknown] == [False] * 15 + [True] * 10


def test_windows_hold_many_cells_even_where_cells_are_large() -> None:
    labels = np.kron(np.eye(16, dtype=np.int32), np.ones((20, 20), np.int32))
    labels *= np.arange(320)[:, None] // 20 + 1
    sample = Sample(
        id="large cells", image=np.zeros((320, 320, 1), np.float32), labels=labels, group="g"
    )
    # Diameter 22.6 px, so 32 of them are more than the side that is allowed.
    assert max(windows_of(sample, most_px=1)[0].labels.shape) == 160


def test_a_trial_gets_small_images_whole_and_windows_of_large_ones() -> None:
    small = Sample(
        id="small",
        image=np.zeros((64, 64, 1), np.float32),
        labels=np.ones((64, 64), np.int32),
        group="small",
    )
    reads = {"large": 0, "small": 0}

    def reader(sample: Sample) -> Sample:
        reads[sample.group if sample is small else "large"] += 1
        return sample

    readers = {
        "small": lambda: reader(small),
        "a": lambda: reader(large("a")),
        "b": lambda: reader(large("b")),
    }
    training, validation = annotated_samples(
        readers, Annotated(training=("a", "small"), validation=("b",), one_image=False)
    )
    assert [sample.id.split("-")[0] for sample in training] == ["a"] * 4 + ["small"]
    assert training[-1] is small
    assert [sample.id.split("-")[0] for sample in validation] == ["b"] * 2
    assert all(sample.image.dtype == np.float32 for sample in (*training, *validation))
    assert reads["large"] == 2  # each large file is read once, however often its windows are used


def test_one_large_image_gives_training_and_validation_that_share_no_pixel() -> None:
    one = Annotated(training=("a",), validation=("a",), one_image=True)
    training, validation = annotated_samples({"a": lambda: large("a")}, one)
    assert len(training) == 8
    assert len(validation) == 2
    assert not {window.id for window in training} & {window.id for window in validation}
    assert all((window.labels > 0).any() for window in validation)


def test_read_samples_are_a_sequence() -> None:
    samples = [large(name) for name in "abc"]
    read = ReadSamples([lambda sample=sample: sample for sample in samples])
    assert len(read) == 3
    assert read[-1] is samples[2]
    assert list(read[1:]) == samples[1:]
    assert list(read) == samples
