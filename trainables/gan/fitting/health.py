"""Whether the fit of a GAN goes well, and when it is over."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from trainables.gan.adversary import Batch
from trainables.gan.architectures.blocks import colours
from trainables.gan.protocol import UNKNOWN, GanProgress
from trainables.spec.gan_spec import GanSpec
from trainables.training.clock import TrainingDiverged
from trainables.training.device import autocast

LARGEST_LOSS = 1e5
"""Size of a loss beyond which the fit will not recover."""
SMALLEST_VARIETY = 0.03
"""Painted crops whose variation, beyond the given colours, is below this share of that of real
crops all show the same thing."""
STRIKES = 2
"""Consecutive reports at which a fit must look collapsed before it is given up."""
SETTLED_STEPS = 50
"""Steps during which networks still show their initialisation."""
JUDGED_FROM = 0.5
"""Share of the fit after which it is judged: earlier, it may still turn out well."""
NEAR = (0.1, 0.02)
"""Distances that differ by less than this share and this amount are taken as equal: a few crops
cannot tell them apart. Among equals the later weights are kept: the learning rate falls to 0."""
FAR = (0.5, 0.1)
"""A fit whose distance grows by more than this, `STRIKES` times in a row, has gone wrong."""


class GanCollapsed(ValueError):  # noqa: N818, what happened is clearer than "Error"
    """A generator makes the same image over and over."""


def refuse_divergence(losses: Mapping[str, float], *, step: int) -> None:
    """Raises `TrainingDiverged` where a loss is not finite or is enormous."""
    for name, value in losses.items():
        if not math.isfinite(value) or abs(value) > LARGEST_LOSS:
            raise TrainingDiverged(
                f"The losses of a GAN must stay finite, but its {name} loss became {value} at "
                f"step {step}: lower the learning rate, or look for NaN in the images."
            )


def refuse_collapse(progress: Sequence[GanProgress], *, images_seen: int) -> None:
    """Raises `GanCollapsed` where the last reports show too little variety.

    Args:
        progress: the reports so far.
        images_seen: length of the whole fit.
    """
    last = [entry for entry in progress if entry.images_seen >= JUDGED_FROM * images_seen]
    if len(last) < STRIKES or not all(e.variety < SMALLEST_VARIETY for e in last[-STRIKES:]):
        return
    raise GanCollapsed(
        f"Painted crops must differ at least {SMALLEST_VARIETY:.0%} as much as real ones, but "
        f"after {last[-1].images_seen} crops they differ {last[-1].variety:.1%} as much: the GAN "
        f"has collapsed; lower the learning rate, or choose another architecture."
    )


def is_nearest(distance: float, before: Sequence[GanProgress]) -> bool:
    """Whether weights at this distance replace those kept so far.

    They do unless a distance was measured and earlier weights were clearly nearer.
    """
    nearest = _nearest(before)
    return math.isnan(distance) or math.isnan(nearest) or not _beyond(distance, nearest, NEAR)


def has_gone_wrong(progress: Sequence[GanProgress]) -> bool:
    """Whether a fit moves away from the real crops, so that continuing would be a waste."""
    nearest, last = _nearest(progress), progress[-STRIKES:]
    return len(last) == STRIKES and all(_beyond(entry.distance, nearest, FAR) for entry in last)


def how_it_ended(progress: Sequence[GanProgress], *, spec: GanSpec) -> dict[str, float]:
    """How a completed fit ended, and the measurements of the weights it kept.

    Args:
        progress: all of its reports.
        spec: what was to be fitted.

    Returns:
        `fit_images_seen`: crops shown until its end; `stopped_early`: 1 where it had gone wrong
        and was ended early, else 0; `kept_at_images_seen`: crops shown when the kept weights
        were reached; `variety` and `distance`: of these weights, see
        `GanProgress`.
    """
    seen = progress[-1].images_seen
    places = reversed(range(len(progress)))
    kept = next(progress[n] for n in places if is_nearest(progress[n].distance, progress[:n]))
    return {
        "fit_images_seen": seen,
        "stopped_early": float(seen + spec.batch_size <= spec.images_seen),
        "kept_at_images_seen": kept.images_seen,
        "variety": kept.variety,
        "distance": kept.distance,
    }


@torch.no_grad()
def variety(network: nn.Module, batch: Batch, *, told_colours: bool) -> float:
    """Variation of a network's output on a batch, as a share of the real crops' variation.

    Variation is the mean over pixels of the standard deviation over crops: whatever all crops
    have in common does not count. Nor do the colours that a generator is given, which differ from
    crop to crop whatever it does: both sides are then measured from the given mean, in units of
    the given contrast, as discriminators see them.

    Args:
        network: a generator.
        batch: with a condition for each real crop.
        told_colours: whether the conditions hold the crops' colours and the network paints in
            them; see `Architecture.is_told_colours`.

    Returns:
        0 where all crops are alike, about 1 where they vary as real ones do; NaN where real crops
        do not vary.
    """
    was_training = network.training
    with autocast(batch.images.device):
        made = network.eval()(batch.condition, batch.noise)[:, : batch.images.shape[1]]
    network.train(was_training)
    mean, spread = colours(batch.condition) if told_colours else (0.0, 1.0)
    real = _variation((batch.images - mean) / spread)
    return _variation((made.float() - mean) / spread) / real if real > 1e-3 else UNKNOWN


def _variation(images: Tensor) -> float:
    return images.std(dim=0).mean().item() if len(images) > 1 else 0.0


def _beyond(distance: float, nearest: float, slack: tuple[float, float]) -> bool:
    share, amount = slack
    return distance > nearest + share * abs(nearest) + amount


def _nearest(progress: Sequence[GanProgress]) -> float:
    measured = [entry.distance for entry in progress if not math.isnan(entry.distance)]
    return min(measured, default=UNKNOWN)
