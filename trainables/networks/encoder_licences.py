"""The licences of encoders' ImageNet weights."""

IMAGENET = "imagenet"
"""The one name that the encoders of segmentation-models-pytorch have in common."""
UNKNOWN = "unknown"
ENCODER_LICENCES = {
    "BSD-3-Clause": ("resnet", "resnext50", "densenet", "vgg", "mobilenet_v2"),
    "LicenseRef-NVIDIA-Source-Code-License-NC": ("mit_b",),
}
"""By the start of an encoder's name: those from torchvision, and those of SegFormer
(Xie et al. 2021), which forbid commercial use. segmentation-models-pytorch names no licence for
the others, gathered from many places."""


def encoder_licence(encoder: str) -> str:
    """The licence of an encoder's ImageNet weights, `unknown` where it is not known."""
    return next(
        (licence for licence, names in ENCODER_LICENCES.items() if encoder.startswith(names)),
        UNKNOWN,
    )
