"""When in a training the synthetic crops are shown; their number does not depend on it."""

from trainables.spec.extra_spec import SyntheticOrder


def synthetic_share(order: SyntheticOrder, *, ratio: float, progress: float) -> float:
    """Share of a batch's crops that are synthetic.

    Args:
        order: see `ExtraSpec.order`.
        ratio: synthetic crops per real crop over the whole training; at least 0.
        progress: share of the images seen so far, in [0, 1].

    Returns:
        A share in [0, 1]. Its mean over the training is ratio / (1 + ratio), except for
        `synthetic_only`, where it is 1.
    """
    whole = ratio / (1 + ratio)
    if order == "synthetic_only":
        return 1.0
    if order == "pretrain_then_real":
        return 1.0 if progress < whole else 0.0
    if order == "annealed":
        return 1 - progress**ratio  # from 1 to 0; its integral is ratio / (1 + ratio)
    return whole
