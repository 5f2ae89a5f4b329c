"""Under which licence the ImageNet weights of an encoder stand."""

IMAGENET = "imagenet"
"""The one name that the encoders of segmentation-models-pytorch have in common."""
UNKNOWN = "unknown"
ENCODER_LICENCES = {
    "BSD-3-Clause": ("resnet", "resnext50", "densenet", "vgg", "mobilenet_v2"),
    "LicenseRef-NVIDIA-Source-Code-License-NC": ("mit_b",),
}
"""By how the names of the encoders begin: those that come from torchvision, and those of SegFormer
(Xie et al. 2021), which forbid commercial use. Of others, gathered from many places,
segmentation-models-pytorch does not say."""


def encoder_licence(encoder: str) -> str:
    """The licence of an encoder's ImageNet weights, `unknown` where it is not known."""
    return next(
        (licence for licence, names in ENCODER_LICENCES.items() if encoder.startswith(names)),
        UNKNOWN,
    )
