"""The losses of adversarial training, as functions of judgements; without networks or loops."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

Judge = Callable[[Tensor], Tensor]
"""From images [N, C, H, W] to judgements [N, ...], higher where they look real."""


def hinge_discriminator(real: Tensor, painted: Tensor) -> Tensor:
    """Pushes real judgements above 1 and painted ones below -1. Eq. 4 of arXiv:1705.02894."""
    return functional.relu(1 - real.float()).mean() + functional.relu(1 + painted.float()).mean()


def hinge_generator(painted: Tensor) -> Tensor:
    """Pushes painted judgements up: the generator's half of the hinge loss."""
    return -painted.float().mean()


def vanilla(judged: Tensor, *, real: bool) -> Tensor:
    """Cross-entropy of judgements, as logits, whose target is `real` or not.

    Source: Goodfellow et al. 2014 (arXiv:1406.2661), with the generator's non-saturating loss.
    """
    logits = judged.float()
    return functional.softplus(-logits if real else logits).mean()


def least_squares(judged: Tensor, *, real: bool) -> Tensor:
    """Squared distance of judgements from 1 or 0. Source: Mao et al. 2017 (arXiv:1611.04076)."""
    return ((judged.float() - float(real)) ** 2).mean()


def relativistic(better: Tensor, worse: Tensor) -> Tensor:
    """Pushes each judgement of `better` above its partner in `worse`.

    The discriminator puts real images first, the generator painted ones.

    Source: relativistic pairing loss, Jolicoeur-Martineau 2019 (arXiv:1807.00734), as
    Huang et al. 2025 (arXiv:2501.05441) use it.
    """
    return functional.softplus(worse.float() - better.float()).mean()


def feature_matching(real: Sequence[Tensor], painted: Sequence[Tensor]) -> Tensor:
    """Mean L1 distance between the discriminator's features of real and painted images.

    Source: Wang et al. 2018 (arXiv:1711.11585), section 3.2. The real side gets no gradient.
    """
    distances = [
        functional.l1_loss(b.float(), a.detach().float())
        for a, b in zip(real, painted, strict=True)
    ]
    return torch.stack(distances).mean()


def zero_centred_penalty(judged: Tensor, images: Tensor) -> Tensor:
    """Mean over the batch of the squared gradient of judgements with respect to images.

    R1 where the images are real, R2 where they are painted.

    Args:
        judged: computed from `images`, whose gradient must be recorded.

    Source: Mescheder et al. 2018 (arXiv:1801.04406), section 4.1.
    """
    return _gradients(judged, images).pow(2).sum(dim=(1, 2, 3)).mean()


def one_centred_penalty(judge: Judge, real: Tensor, painted: Tensor, between: Tensor) -> Tensor:
    """How far the gradient's length is from 1 on the lines from real to painted images.

    Args:
        between: float [N], where on each line, in [0, 1].

    Source: Gulrajani et al. 2017 (arXiv:1704.00028), eq. 3.
    """
    images = torch.lerp(real, painted, between[:, None, None, None]).requires_grad_(True)
    lengths = _gradients(judge(images), images).pow(2).sum(dim=(1, 2, 3)).add(1e-12).sqrt()
    return ((lengths - 1) ** 2).mean()


def class_balanced(logits: Tensor, classes: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy per pixel, weighted by class; pixels without a class are left out.

    Args:
        logits: float [N, K, H, W].
        classes: float [N, K, H, W], one-hot, or all zero where nothing is known.
        weights: float [K].

    Source: Schönfeld et al. 2021 (arXiv:2012.04781), section 3.1.
    """
    surprise = -functional.log_softmax(logits.float(), dim=1) * classes
    known = classes.sum().clamp(min=1)
    return (surprise * weights[:, None, None]).sum() / known


def _gradients(judged: Tensor, images: Tensor) -> Tensor:
    return torch.autograd.grad(judged.sum(), images, create_graph=True)[0]
