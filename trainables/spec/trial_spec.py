"""What fixes a trial: its spec, in parts, checked, and flat for Ray, Optuna and MLflow."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from trainables.spec.checks import at_least, one_of
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.flat import build, flatten, hash_flat, part_of, top_of
from trainables.spec.gan_spec import GanSpec, as_fitted
from trainables.spec.stages import STAGES, Stage
from trainables.spec.training_spec import TrainingSpec

WeightsKind = Literal["scratch", "pretrained", "gan_encoder"]
WeightsOrigin = Literal["none", "source", "public"]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnetSpec:
    """A U-Net with an interior and boundary head, decoded by watershed."""

    kind: Literal["unet"] = "unet"
    encoder: str = "resnet18"
    """Name of a segmentation-models-pytorch encoder."""
    depth: int = 4
    """Times the encoder halves the resolution, 3 to 5."""
    width: int = 8
    """Channels of the decoder at full resolution; they double at every coarser level."""
    boundary_weight: float = 2.0
    """Weight of the boundary class in the loss, against 1 for interior and background."""

    def __post_init__(self) -> None:
        at_least(self, depth=3, width=4, boundary_weight=0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class CellposeSpec:
    """Cellpose's flows and cell probability, on its own ViT or on a small network."""

    kind: Literal["cellpose"] = "cellpose"
    backbone: Literal["cpsam", "cpdino", "compact", "mediar"] = "compact"
    """`cpsam` is the ViT-L of Cellpose-SAM, `cpdino` that of CP-DINO, which needs the package
    dinov3, `compact` a small convolutional network for a CPU,
    `mediar` an MA-Net as in MEDIAR (Lee et al. 2023, arXiv:2212.03465), trained in its two phases:
    on a source, from an encoder that may have ImageNet's weights, then on the annotated images at
    a lower rate."""
    encoder: str = "resnet18"
    """Encoder of `compact`, as in `UnetSpec`, or of `mediar` (mit_b0 to mit_b5 are SegFormer's);
    not used by the other two."""
    lora_rank: int = 0
    """Rank of the matrices that are trained in place of the ViT's attention (LoRA); 0 trains all
    weights. For `cpsam` only."""

    def __post_init__(self) -> None:
        one_of(self, backbone=("cpsam", "cpdino", "compact", "mediar"))
        at_least(self, lora_rank=0)
        if self.lora_rank and self.backbone != "cpsam":
            raise ValueError(
                f"lora_rank must be 0 for the backbone {self.backbone!r}, for which LoRA is not "
                f"made, but got {self.lora_rank}: use the backbone cpsam."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class StardistSpec:
    """Star-convex polygons predicted by a U-Net (Schmidt et al. 2018)."""

    kind: Literal["stardist"] = "stardist"
    rays: int = 32
    """Directions in which the distance to the boundary is predicted."""
    grid: int = 2
    """Predictions are made at every grid-th pixel; 1, 2 or 4."""
    depth: int = 3
    """Times the U-Net halves the resolution of the grid."""
    filters: int = 16
    """Channels of the U-Net's first level."""

    def __post_init__(self) -> None:
        at_least(self, rays=8, depth=1, filters=4)
        one_of(self, grid=(1, 2, 4))


SegmenterSpec = UnetSpec | CellposeSpec | StardistSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsSpec:
    """Where training starts."""

    kind: WeightsKind = "scratch"
    origin: WeightsOrigin = "none"
    """`public`: a published model; `source`: a model trained here on a second data set."""
    name: str = ""
    """Public: name, file or folder of the model, also of one that another study trained; source:
    id of the trial that trained it."""

    def __post_init__(self) -> None:
        one_of(self, kind=get_args(WeightsKind), origin=get_args(WeightsOrigin))
        if (self.kind == "pretrained") != (self.origin != "none") or (
            (self.origin == "none") != (self.name == "")
        ):
            raise ValueError(
                f"Pretrained weights need an origin and a name, other weights have neither, but "
                f"got kind {self.kind!r}, origin {self.origin!r}, name {self.name!r}."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSpec:
    """Which images a trial may touch."""

    split: str
    """Hash of the split, which covers the data set's content, its groups and its test side."""
    annotation_count: int
    """Annotated images, those for validation included."""
    draw: int
    """Which random choice of the annotated images."""
    min_diameter_px: float = 16.0
    """Images are enlarged so that the median annotated cell has at least this diameter."""
    max_diameter_px: float = 32.0
    """Images are shrunk so that the median annotated cell has at most this diameter."""

    def __post_init__(self) -> None:
        at_least(self, annotation_count=1, draw=0, min_diameter_px=1.0)
        at_least(self, max_diameter_px=self.min_diameter_px)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialSpec:
    """One training of one configuration of one arm on one draw, count and seed."""

    stage: Stage
    arm: str
    study_seed: int
    seed: int
    data: DataSpec
    segmenter: SegmenterSpec
    training: TrainingSpec = field(default_factory=TrainingSpec)
    extra: ExtraSpec = field(default_factory=ExtraSpec)
    weights: WeightsSpec = field(default_factory=WeightsSpec)
    threshold_tries: int = 12
    """Settings of the decoding thresholds tried on validation; the same for every arm."""

    def __post_init__(self) -> None:
        one_of(self, stage=tuple(STAGES))
        at_least(self, threshold_tries=1)

    @property
    def id(self) -> str:
        """Hash of all of the above: what names the trial in the store."""
        return hash_flat(flatten(self))


@dataclass(frozen=True, kw_only=True, slots=True)
class GanFitSpec:
    """One fit of one GAN on the training samples of one draw, and the pool drawn from it.

    Settings that the GAN's architecture does not use take their defaults, so that specs which
    differ in these alone are one fit.
    """

    study_seed: int
    seed: int
    data: DataSpec
    gan: GanSpec
    stage: Literal["fit_gans"] = "fit_gans"

    def __post_init__(self) -> None:
        object.__setattr__(self, "gan", as_fitted(self.gan))

    @property
    def id(self) -> str:
        """Hash of all of the above: one fit serves every trial that names it."""
        return hash_flat(flatten(self))


Spec = TrialSpec | GanFitSpec
"""What a training of a study may be fixed by."""


def is_vit(segmenter: SegmenterSpec) -> bool:
    """Whether it is one of Cellpose's ViTs, which have rules of their own where settings differ."""
    return isinstance(segmenter, CellposeSpec) and segmenter.backbone in ("cpsam", "cpdino")


def is_cpsam(segmenter: SegmenterSpec) -> bool:
    """Whether it is Cellpose-SAM, the one of them that LoRA is made for."""
    return isinstance(segmenter, CellposeSpec) and segmenter.backbone == "cpsam"


def network_of(segmenter: SegmenterSpec) -> SegmenterSpec:
    """What a trained model is: LoRA is a way to train, merged at its end, and no part of it."""
    return replace(segmenter, lora_rank=0) if isinstance(segmenter, CellposeSpec) else segmenter


def gan_fit(spec: TrialSpec) -> GanFitSpec:
    """The GAN fit whose pool a trial uses; trials that differ elsewhere share it.

    Raises:
        ValueError: the trial's extra data is not `gan`.
    """
    if spec.extra.gan is None:
        raise ValueError(f"Trial {spec.id} uses no GAN: its extra data is {spec.extra.kind!r}.")
    return GanFitSpec(
        study_seed=spec.study_seed, seed=spec.seed, data=spec.data, gan=spec.extra.gan
    )


def unlabelled_count(spec: Spec) -> int:
    """Images without labels that a training may use, at most."""
    if isinstance(spec, GanFitSpec):
        return spec.gan.unlabelled_images
    labelled = spec.extra.kind == "pseudo_labels" and spec.extra.ratio > 0
    return spec.extra.pool_size if labelled or spec.weights.kind == "gan_encoder" else 0


def trial_spec(flat: dict[str, Any]) -> TrialSpec:
    """Reads what `flatten` made of a `TrialSpec`.

    Raises:
        ValueError: a value is out of range, or a name is not known.
    """
    families = {"unet": UnetSpec, "cellpose": CellposeSpec, "stardist": StardistSpec}
    kind = flat.get("segmenter.kind")
    if kind not in families:
        raise ValueError(f"segmenter.kind must be one of {sorted(families)}, but got {kind!r}.")
    extra = part_of(flat, "extra")
    gan = part_of(extra, "gan")
    plain = {name: value for name, value in extra.items() if not name.startswith("gan")}
    return build(
        TrialSpec,
        top_of(flat)
        | {
            "data": build(DataSpec, part_of(flat, "data")),
            "segmenter": build(families[kind], part_of(flat, "segmenter")),
            "training": build(TrainingSpec, part_of(flat, "training")),
            "extra": build(ExtraSpec, plain | {"gan": build(GanSpec, gan) if gan else None}),
            "weights": build(WeightsSpec, part_of(flat, "weights")),
        },
    )


def gan_fit_spec(flat: dict[str, Any]) -> GanFitSpec:
    """Reads what `flatten` made of a `GanFitSpec`."""
    parts = {
        "data": build(DataSpec, part_of(flat, "data")),
        "gan": build(GanSpec, part_of(flat, "gan")),
    }
    return build(GanFitSpec, top_of(flat) | parts)
