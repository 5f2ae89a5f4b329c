"""The course of a GAN's fit, decided by how near it comes to crops that it never saw."""

from collections.abc import Callable, Sequence

from trainables.gan.adversary import mean_losses
from trainables.gan.fitting.engine import GanEngine, fit_steps
from trainables.gan.fitting.health import (
    JUDGED_FROM,
    SETTLED_STEPS,
    has_gone_wrong,
    is_nearest,
    refuse_collapse,
    variety,
)
from trainables.gan.protocol import UNKNOWN, GanProgress
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec
from trainables.training.course import State

REPORTS = 10
"""Number of times progress is reported, evenly spaced over the fit."""


class GanCourse:
    """See `Course` for what each method promises; the rules themselves are in health.py."""

    entry_type = GanProgress

    def __init__(self, engine: GanEngine, *, spec: GanSpec, distance: Callable[[], float]) -> None:
        """Takes what the course depends on.

        Args:
            engine: its average is what is measured.
            spec: gives the length of the fit.
            distance: from the average's crops to real ones, see `Watch`; measured in the second
                half of the fit.
        """
        self.evaluation_steps = report_steps(spec)
        self._engine = engine
        self._spec = spec
        self._distance = distance

    def measure(self, step: int) -> dict[str, float]:
        is_judged = step >= JUDGED_FROM * fit_steps(self._spec)
        told_colours = ARCHITECTURES[self._spec.architecture].is_told_colours
        return {
            "distance": self._distance() if is_judged else UNKNOWN,
            "variety": variety(
                self._engine.average, self._engine.probe(), told_colours=told_colours
            ),
        }

    def entry(
        self, state: State[dict[str, float], GanProgress], measured: dict[str, float]
    ) -> GanProgress:
        return GanProgress(
            images_seen=state.step * self._spec.batch_size,
            device_seconds=state.seconds,
            losses=mean_losses(state.losses),
            **measured,
        )

    def is_worth_keeping(self, entry: GanProgress, before: Sequence[GanProgress]) -> bool:
        return is_nearest(entry.distance, before)

    def is_over(self, progress: Sequence[GanProgress]) -> bool:
        """Whether the fit moves away from the real crops.

        Raises:
            GanCollapsed: the generated crops are all alike.
        """
        if progress and progress[-1].images_seen >= SETTLED_STEPS * self._spec.batch_size:
            refuse_collapse(progress, images_seen=self._spec.images_seen)
        return has_gone_wrong(progress)


def report_steps(spec: GanSpec) -> list[int]:
    """Steps, counted from 1, at which progress is reported; every step of the shortest fits."""
    steps = fit_steps(spec)
    return sorted({-(-steps * number // REPORTS) for number in range(1, REPORTS + 1)})
