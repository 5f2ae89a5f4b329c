import pytest

from trainables.gan.fitting.course import report_steps
from trainables.spec.gan_spec import GanSpec


@pytest.mark.parametrize(
    ("images_seen", "steps"),
    [
        (46, [3, 5, 7, 10, 12, 14, 17, 19, 21, 23]),  # at 2.3, 4.6, 6.9 ... steps, rounded up
        (8, [1, 2, 3, 4]),
        (1, [1]),
    ],
)
def test_progress_is_reported_ten_times_or_at_every_step(
    images_seen: int, steps: list[int]
) -> None:
    assert report_steps(GanSpec(images_seen=images_seen, batch_size=2, crop_px=32)) == steps
