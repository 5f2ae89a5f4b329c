"""Every architecture keeps the contract: one suite for each row of `ARCHITECTURES`."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.trainables.gan.architectures.contract import (
    CreatorContract,
    GanContract,
    PainterContract,
    small,
)
from trainables.spec.gan_spec import ARCHITECTURES

SETTINGS: dict[str, dict[str, Any]] = {
    "cyclegan": {"mask_source": "annotated"},  # the quickest to draw: it takes many maps
    "joint": {"learning_rate": 1e-2},  # it starts small, and does little in four steps
    "dcgan": {"critic_steps": 2},  # so that some steps are the discriminator's alone
}
"""Where an architecture differs from `small`."""


@pytest.fixture(scope="module", autouse=True)
def short_history() -> Iterator[None]:
    """Full after one step, so that earlier crops take part in all that is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainables.gan.architectures.cyclegan.HISTORY", 2)
        yield


def suite_of(name: str) -> type[GanContract]:
    """The contract as a class that pytest collects."""
    contract = PainterContract if ARCHITECTURES[name].paints_maps else CreatorContract
    return type(f"Test_{name}", (contract,), {"spec": small(name, **SETTINGS.get(name, {}))})


SUITES = {f"Test_{name}": suite_of(name) for name in ARCHITECTURES}
globals().update(SUITES)


def test_every_architecture_has_its_contract() -> None:
    collected = [suite for name, suite in globals().items() if name.startswith("Test")]
    assert {suite.spec.architecture for suite in collected} == set(ARCHITECTURES)
