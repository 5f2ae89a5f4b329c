"""A row more in `ARCHITECTURES`: all that has to be written beside a new GAN's networks.

Within a test: `with toy_gan(): ...`. In Ray's processes, before the study starts Ray itself:
`ray.init(runtime_env={"worker_process_setup_hook": add_toy_gan})`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trainables.spec.gan_spec import ARCHITECTURES, Architecture, GanSpec
from trainables.spec.papers import Paper

if TYPE_CHECKING:  # it imports torch
    from trainables.gan.adversary import Adversary

TOY = "toy"


def add_toy_gan() -> None:
    """Adds the row, for good."""
    ARCHITECTURES[TOY] = Architecture(
        title="Toy GAN",
        papers=(
            Paper(
                citation="Nobody 2026", reference="Nobody. Two convolutions. 2026.", doi="10.1/toy"
            ),
        ),
        make=_make,
        settings={"learning_rate": 1e-2, "feature_weight": 0.5},
        uses=frozenset({"feature_weight"}),
        needs_pairs=True,
        paints_maps=True,
    )


@contextmanager
def toy_gan() -> Iterator[None]:
    """The row is there for as long as the context lasts."""
    add_toy_gan()
    try:
        yield
    finally:
        del ARCHITECTURES[TOY]


def _make(spec: GanSpec, channels: int) -> "Adversary":
    from tests.trainables.gan.toy_gan import ToyGan

    return ToyGan(spec, channels=channels)
