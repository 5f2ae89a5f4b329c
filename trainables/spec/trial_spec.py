"""What fixes a trial: its spec, in parts, checked, and flat for Ray, Optuna and MLflow."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

from trainables.spec.checks import at_least, one_of
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.flat import flatten, hash_flat
from trainables.spec.gan_spec import GanSpec, as_fitted
from trainables.spec.stages import STAGES, Stage
from trainables.spec.training_spec import TrainingSpec

WeightsKind = Literal["scratch", "pretrained", "gan_encoder"]
WeightsOrigin = Literal["none", "source", "public"]


class SegmenterSettings(Protocol):
    """The settings of one family: a frozen dataclass, in the family's own folder."""

    @property
    def kind(self) -> str:
        """Name of the family."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsSpec:
    """Where training starts."""

    kind: WeightsKind = "scratch"
    origin: WeightsOrigin = "none"
    """`public`: a published model; `source`: a model trained here on a second data set."""
    name: str = ""
    """Public: name, file or folder of the model, which another study may have trained; source:
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
    segmenter: SegmenterSettings
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
        return hash_flat(with_lora_of_before(flatten(self)))


@dataclass(frozen=True, kw_only=True, slots=True)
class GanFitSpec:
    """One fit of one GAN on the training samples of one draw, and the pool drawn from it.

    Settings that the GAN's architecture does not use take their defaults, so that specs that
    differ only in these share one fit.
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
"""The specs that may fix a training of a study."""


def with_lora_of_before(flat: dict[str, Any]) -> dict[str, Any]:
    """A flat spec with LoRA's rank where it stood before it was a field of the training.

    It was a setting of the only family with such a network, recognised by its backbone. Ids and
    hashes keep to that, so that earlier studies can be resumed.
    """
    rest = dict(flat)
    rank = rest.pop("training.lora_rank")
    if "segmenter.backbone" in rest:
        return rest | {"segmenter.lora_rank": rank}
    return flat if rank else rest


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
    """Most images without labels that a training may use."""
    if isinstance(spec, GanFitSpec):
        return spec.gan.unlabelled_images
    labelled = spec.extra.kind == "pseudo_labels" and spec.extra.ratio > 0
    return spec.extra.pool_size if labelled or spec.weights.kind == "gan_encoder" else 0
