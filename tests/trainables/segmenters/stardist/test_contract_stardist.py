"""The families on TensorFlow keep the contract."""

from tests.trainables.segmenters.contract import suites

SUITES = suites(on_tensorflow=True)
globals().update(SUITES)


def test_the_families_have_their_contract() -> None:
    assert "Test_stardist" in SUITES
