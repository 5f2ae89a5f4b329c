"""Every architecture keeps the contract."""

import dataclasses
from collections.abc import Iterator

import pytest

from tests.trainables.gan.architectures.contract import GanContract, PainterContract, small
from trainables.gan.architectures.known import GANS
from trainables.gan.generators.creator import Creator
from trainables.gan.generators.painter import Painter


class TestPaired(PainterContract):
    spec = small("paired")


class TestPix2pix(PainterContract):
    spec = small("pix2pix")


class TestPix2pixHD(PainterContract):
    spec = small("pix2pixhd")


class TestSpade(PainterContract):
    spec = small("spade")


class TestOasis(PainterContract):
    spec = small("oasis")


class TestCycleGan(PainterContract):
    spec = small("cyclegan", mask_source="annotated")

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def short_history(cls) -> Iterator[None]:
        """Full after one step, so that earlier crops take part in all that is tested."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("trainables.gan.architectures.cyclegan.HISTORY", 2)
            yield


class TestJoint(GanContract):
    spec = small("joint", learning_rate=1e-2)


class TestDcgan(GanContract):
    spec = dataclasses.replace(small("dcgan"), critic_steps=2)

    def settled(self, generator: Painter | Creator) -> Painter | Creator:
        return self.fit(spec=dataclasses.replace(self.spec, images_seen=32))


def test_every_architecture_has_its_contract() -> None:
    suites = [*PainterContract.__subclasses__(), TestJoint, TestDcgan]
    assert {suite.spec.architecture for suite in suites} == set(GANS)
