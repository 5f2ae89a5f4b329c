"""Every family keeps the contract; those on TensorFlow in a file and a process of their own."""

from tests.trainables.segmenters.contract import suites

SUITES = suites(on_tensorflow=False)
globals().update(SUITES)


def test_the_families_have_their_contract() -> None:
    assert {"Test_unet", "Test_cellpose"} <= set(SUITES)
