"""All segmenters: each has a folder beside this file and one row here."""

from typing import Any

from trainables.segmenters.cellpose.family import CELLPOSE
from trainables.segmenters.family import Family
from trainables.segmenters.stardist.family import STARDIST
from trainables.segmenters.unet.family import UNET
from trainables.spec.trial_spec import SegmenterSettings

FAMILIES: dict[str, Family[Any]] = {
    "unet": UNET,
    "cellpose": CELLPOSE,
    "stardist": STARDIST,
}
"""Families by name, in display order."""
PLAIN = "unet"
"""The family that the others are measured against: arms of extra data begin with it, a GAN's crops
are judged by it, and its arm without any extra is the baseline."""


def family_of(settings: SegmenterSettings) -> Family[Any]:
    """The family of some settings."""
    return FAMILIES[settings.kind]


def packages_of_families() -> tuple[str, ...]:
    """Packages of single families, whose versions can change a number."""
    return tuple(name for family in FAMILIES.values() for name in family.packages)
