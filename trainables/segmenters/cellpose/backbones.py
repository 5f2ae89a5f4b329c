"""The networks that predict Cellpose's flows, and the requirements of each."""

from dataclasses import dataclass

from trainables.spec.papers import Paper
from trainables.spec.trial_spec import WeightsKind

CELLPOSE = Paper(
    citation="Stringer et al. 2021",
    reference="Stringer, Wang, Michaelos, Pachitariu. Cellpose: a generalist algorithm for "
    "cellular segmentation. Nature Methods 18, 2021.",
    doi="10.1038/s41592-020-01018-x",
)
CELLPOSE_SAM = Paper(
    citation="Pachitariu et al. 2025",
    reference="Pachitariu, Rariden, Stringer. Cellpose-SAM: superhuman generalization for cellular "
    "segmentation. bioRxiv, 2025.",
    doi="10.1101/2025.04.28.651001",
)
MEDIAR = Paper(
    citation="Lee et al. 2023",
    reference="Lee, Kim, Kim, Yun. MEDIAR: harmony of data-centric and model-centric for "
    "multi-modality microscopy. arXiv:2212.03465, 2023.",
    doi="10.48550/arXiv.2212.03465",
)
VIT_RATES: dict[WeightsKind, float] = {"scratch": 1e-4, "pretrained": 1e-5}
"""Cellpose's own rate for fine-tuning (cellpose 4.2, `train.py`); from scratch that of a ViT-L in
He et al. 2022 (arXiv:2111.06377, appendix A.2), where random weights learn with AdamW at 1e-4 per
256 images of a batch and fine-tuning takes less."""
MAPS = ("flow_y", "flow_x", "cell_logit")
"""Predictions of every backbone, by channel: flows along y and x (times 5), and the logit of the
cell probability."""
VIT_TILE_PX = 256
"""The only image side that the ViTs accept, because of their position embedding."""
VIT_SECONDS_PER_CROP = 1.7
"""A forward pass of 256 x 256 pixels took 2.3 s, and a training step is counted as three of them.
Not measured in training."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backbone:
    """One network."""

    papers: tuple[Paper, ...]
    learning_rates: dict[WeightsKind, float]
    """Default learning rates for AdamW, by where training starts."""
    scratch_warm_up: float = 0.05
    """Default share of training from scratch during which the learning rate rises."""
    weight_decay: float = 1e-4
    """Default for fine-tuning."""
    seconds_per_crop: float
    """As `Family.seconds_per_crop`."""
    halvings: int = 0
    """Number of times it halves the resolution; 0 for a ViT, which takes tiles of one size."""
    encoder: str = "resnet18"
    """Its encoder if the user names none."""
    has_low_rank: bool = False
    """Whether it supports LoRA."""

    @property
    def is_vit(self) -> bool:
        """Whether it is one of Cellpose's own ViTs, whose weights are a single file."""
        return self.halvings == 0


BACKBONES = {
    "cpsam": Backbone(
        papers=(CELLPOSE, CELLPOSE_SAM),
        learning_rates=VIT_RATES,
        scratch_warm_up=0.1,  # 20 of 200 epochs, as in He et al.; ViTs diverge without one
        weight_decay=0.1,  # Cellpose's own (cellpose 4.2, `train.py`)
        seconds_per_crop=VIT_SECONDS_PER_CROP,
        has_low_rank=True,
    ),
    "cpdino": Backbone(
        papers=(CELLPOSE, CELLPOSE_SAM),
        learning_rates=VIT_RATES,
        scratch_warm_up=0.1,
        weight_decay=0.1,
        seconds_per_crop=VIT_SECONDS_PER_CROP,
    ),
    "compact": Backbone(
        papers=(CELLPOSE,),
        # Rates for a few thousand crops.
        learning_rates={"scratch": 2e-3, "pretrained": 1e-3},
        seconds_per_crop=0.046,
        halvings=4,
    ),
    "mediar": Backbone(
        papers=(CELLPOSE, MEDIAR),
        # Of its two phases: on the source, then, at two fifths of the rate, on the annotated
        # images. That is the share of Lee et al. 2023, whose rates of 5e-5 and 2e-5 are for
        # hundreds of times as many crops: 400 crops brought the loss of a MA-Net with mit_b0 from
        # 3.1 to 2.6 at 5e-5, to 1.0 at 5e-4 and to 0.6 at 2e-3.
        learning_rates={"scratch": 2e-3, "pretrained": 8e-4},
        seconds_per_crop=0.046,
        halvings=5,
        encoder="mit_b0",
    ),
}
"""`cpsam` is the ViT-L of Cellpose-SAM; `cpdino` that of CP-DINO, which needs the package dinov3;
`compact` a small convolutional network for a CPU; `mediar` an MA-Net as in MEDIAR (Lee et al. 2023,
arXiv:2212.03465), trained in its two phases: on a source, from an encoder that may have ImageNet's
weights, then on the annotated images at a lower rate."""
