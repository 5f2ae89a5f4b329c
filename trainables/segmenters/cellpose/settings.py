"""The settings of Cellpose."""

from dataclasses import dataclass
from typing import Literal

from trainables.segmenters.cellpose.backbones import BACKBONES, Backbone
from trainables.spec.checks import at_least, one_of


@dataclass(frozen=True, kw_only=True, slots=True)
class CellposeSpec:
    """Cellpose's flows and cell probability, on its own ViT or on a small network."""

    kind: Literal["cellpose"] = "cellpose"
    backbone: str = "compact"
    """Name of a network in `BACKBONES`."""
    encoder: str = "resnet18"
    """Encoder of `compact`, as in `UnetSpec`, or of `mediar` (mit_b0 to mit_b5 are SegFormer's);
    not used by the other two."""
    lora_rank: int = 0
    """Rank of the matrices that are trained in place of the ViT's attention (LoRA); 0 trains all
    weights. For `cpsam` only."""

    def __post_init__(self) -> None:
        one_of(self, backbone=tuple(BACKBONES))
        at_least(self, lora_rank=0)
        if self.lora_rank and not self.network.has_low_rank:
            raise ValueError(
                f"lora_rank must be 0 for the backbone {self.backbone!r}, for which LoRA is not "
                f"made, but got {self.lora_rank}: use the backbone cpsam."
            )

    @property
    def network(self) -> Backbone:
        """All that is known of the backbone."""
        return BACKBONES[self.backbone]
