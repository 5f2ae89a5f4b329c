from tests.trainables.gan.contract import GanContract
from trainables.gan.protocol import GANS
from trainables.spec import GanSpec


class TestPaired(GanContract):
    spec = GanSpec(architecture="paired", width=8, images_seen=12, batch_size=2, crop_px=64)


def test_every_architecture_has_its_contract() -> None:
    assert set(GANS) == {TestPaired.spec.architecture}
