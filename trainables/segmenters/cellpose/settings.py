"""The settings of Cellpose."""

from dataclasses import dataclass
from typing import Literal

from trainables.segmenters.cellpose.backbones import BACKBONES, Backbone
from trainables.spec.checks import one_of


@dataclass(frozen=True, kw_only=True, slots=True)
class CellposeSpec:
    """Cellpose's flows and cell probability, on its own ViT or on a small network."""

    kind: Literal["cellpose"] = "cellpose"
    backbone: str = "compact"
    """Name of a network in `BACKBONES`."""
    encoder: str = "resnet18"
    """Encoder of `compact`, as in `UnetSpec`, or of `mediar` (mit_b0 to mit_b5 are SegFormer's);
    not used by the other two."""

    def __post_init__(self) -> None:
        one_of(self, backbone=tuple(BACKBONES))

    @property
    def network(self) -> Backbone:
        """Everything known of the backbone."""
        return BACKBONES[self.backbone]
