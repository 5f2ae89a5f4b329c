"""The network of a BioImage.IO package, in the terms of its specification."""

from bioimageio.spec.model import v0_5

from trainables.segmenters.take_home import PackagedNetwork

SMALLEST_PX = 64
"""Smallest side of an image that a package promises to accept."""
TEST_PX = 128
"""Smallest side of the test image."""


def weights_of(network: PackagedNetwork) -> v0_5.WeightsDescr:
    """The network's file, as a weights entry."""
    version = v0_5.Version(network.version)
    if network.format == "torchscript":
        return v0_5.WeightsDescr(
            torchscript=v0_5.TorchscriptWeightsDescr(source=network.file, pytorch_version=version)
        )
    return v0_5.WeightsDescr(
        tensorflow_saved_model_bundle=v0_5.TensorflowSavedModelBundleWeightsDescr(
            source=network.file, tensorflow_version=version
        )
    )


def framework_of(network: PackagedNetwork) -> str:
    """The framework that reads it, as a tag."""
    return "pytorch" if network.format == "torchscript" else "tensorflow"


def channels_last(network: PackagedNetwork) -> bool:
    """Whether it is NHWC rather than NCHW."""
    return network.format != "torchscript"


def sides(network: PackagedNetwork) -> v0_5.ParameterizedSize | int:
    """Sizes in pixels that an image may have along each side."""
    if network.tile_px:
        return network.tile_px
    least = _at_least(SMALLEST_PX, network.multiple_px)
    return v0_5.ParameterizedSize(min=least, step=network.multiple_px)


def test_side_px(network: PackagedNetwork) -> int:
    """Side of the test image."""
    return network.tile_px or _at_least(TEST_PX, network.multiple_px)


def _at_least(px: int, step: int) -> int:
    """The smallest multiple of `step` that is at least `px`."""
    return -(-px // step) * step
