"""Factors of an ablation: one field of a trial's spec, and the levels it is given."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from trainables.segmenters.families import FAMILIES, family_of
from trainables.spec.extra_spec import ExtraSpec, SyntheticOrder
from trainables.spec.flat import flatten
from trainables.spec.gan_spec import GanSpec, MaskSource, is_used
from trainables.spec.space import Space
from trainables.spec.training_spec import ScheduleName, TrainingSpec
from trainables.spec.trial_spec import DataSpec, WeightsKind
from trainables.wire.reading import trial_spec

GAN = "extra.gan"
"""The field whose levels are whole GANs."""
WEIGHTS = "weights.kind"
SCHEDULE = "training.schedule"
LORA = "training.lora_rank"
WITHOUT_PRETRAINING = {
    "weights.kind": "scratch",
    "weights.origin": "none",
    "weights.name": "",
    SCHEDULE: "full",
    "training.l2_sp": 0.0,
}
"""Fields that change together where weights are not pretrained: without pretrained weights, a
schedule that moves away from them and a pull towards them mean nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """One field that is varied while all others stay as the search chose them."""

    field: str
    """Flat field of a `TrialSpec`: `extra.ratio`, `training.schedule`, `threshold_tries`, ...;
    `weights.kind` has the single level `scratch`; the levels of `extra.gan` are GANs."""
    levels: tuple[Any, ...]
    """Values of the field; that of the chosen configuration is left out."""
    relative: bool = False
    """Levels multiply the value that the search chose."""

    def __post_init__(self) -> None:
        if self.field not in factor_fields():
            raise ValueError(
                f"A factor must name a field of a trial, such as extra.ratio or "
                f"training.schedule, but there is no {self.field!r}; the fields are "
                f"{', '.join(factor_fields())}."
            )
        if not self.levels:
            raise ValueError(f"A factor needs levels, but {self.field} has none.")
        if self.field == WEIGHTS and self.levels != ("scratch",):
            raise ValueError(
                f"The only level of {WEIGHTS} is scratch (arms with other weights are compared "
                f"as arms), but got {list(self.levels)}."
            )

    def changes(self, chosen: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The flat fields that differ from a configuration, one dict per level.

        Yields nothing where the factor has no effect: a GAN's fields without a GAN, a schedule
        without pretrained weights, training fields where nothing is trained.

        Args:
            chosen: flat spec of a trial.
        """
        if not self._matters(chosen):
            return
        for level in self.levels:
            change = self._change(chosen, level)
            if any(chosen.get(name) != value for name, value in change.items()):
                yield change

    def _change(self, chosen: dict[str, Any], level: Any) -> dict[str, Any]:
        if self.field == WEIGHTS:
            return WITHOUT_PRETRAINING | _without_lora(chosen, "scratch")
        if self.field == SCHEDULE and chosen["training.lora_rank"] and level != chosen[SCHEDULE]:
            return {SCHEDULE: level} | _without_lora(chosen, "pretrained")
        if dataclasses.is_dataclass(level):
            return {f"{self.field}.{name}": value for name, value in flatten(level).items()}
        return {self.field: chosen[self.field] * level if self.relative else level}

    def _matters(self, chosen: dict[str, Any]) -> bool:
        if self.field not in chosen and self.field != GAN:
            return False
        if self.field.startswith(GAN):
            return (
                chosen["extra.kind"] == "gan"
                and chosen["extra.ratio"] > 0
                and is_used(self.field.removeprefix(f"{GAN}."), by=chosen[f"{GAN}.architecture"])
            )
        if self.field == "extra.ratio":
            return bool(chosen["extra.kind"] != "none")
        if self.field.startswith("extra."):
            return bool(chosen["extra.kind"] != "none" and chosen["extra.ratio"] > 0)
        if self.field == LORA and not _has_low_rank(chosen):
            return False
        if self.field in (SCHEDULE, WEIGHTS):
            is_pretrained = chosen["weights.kind"] == "pretrained"
            return bool(is_pretrained and chosen["training.images_seen"] > 0)
        if self.field.startswith("training."):
            return bool(chosen["training.images_seen"] > 0)
        return True


def _without_lora(chosen: dict[str, Any], weights: WeightsKind) -> dict[str, Any]:
    """What else changes where a network that supports LoRA is trained without it.

    All of its weights are then trained, at the learning rate that suits them: LoRA's is up to a
    hundred times that of fine-tuning, and fine-tuning's a tenth of that from scratch.
    """
    space = _space(chosen, weights)
    if not space.low_rank:
        return {}
    return {LORA: 0, "training.learning_rate": space.learning_rate}


def _has_low_rank(chosen: dict[str, Any]) -> bool:
    return _space(chosen, "pretrained").low_rank


def _space(chosen: dict[str, Any], weights: WeightsKind) -> Space:
    settings = trial_spec(chosen).segmenter
    return family_of(settings).search(settings, weights)


def factor_fields() -> tuple[str, ...]:
    """Every field that a factor may name."""
    parts: dict[str, tuple[Any, ...]] = {
        "training": (TrainingSpec,),
        "segmenter": tuple(family.settings for family in FAMILIES.values()),
        GAN: (GanSpec,),
        "extra": (ExtraSpec,),
        "data": (DataSpec,),
    }
    fixed = {"segmenter.kind", "extra.kind", "data.split", "data.annotation_count", "data.draw"}
    fields = {
        f"{part}.{entry.name}": None
        for part, specs in parts.items()
        for spec in specs
        for entry in dataclasses.fields(spec)
    }
    return tuple(name for name in [*fields, WEIGHTS, "threshold_tries"] if name not in fixed)


def read_factor(text: str) -> Factor:
    """A factor from the command line, e.g. `training.zoom=1.0,2.0`.

    Raises:
        ValueError: the text is not a factor.
    """
    name, equals, levels = text.partition("=")
    if not equals or not levels:
        raise ValueError(f"A factor must be FIELD=LEVEL,LEVEL,..., but got {text!r}.")
    return Factor(field=name, levels=tuple(_level(level) for level in levels.split(",")))


def _level(text: str) -> Any:
    """The number or boolean that the text spells, else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


ABLATION = (
    Factor(field="extra.ratio", levels=(0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)),
    Factor(field="extra.gan.mask_source", levels=get_args(MaskSource)),
    Factor(field="extra.gan.consistency_floor", levels=(0.0,)),
    Factor(field="extra.order", levels=get_args(SyntheticOrder)),
    Factor(field=WEIGHTS, levels=("scratch",)),
    Factor(field=SCHEDULE, levels=get_args(ScheduleName)),
    Factor(field="training.learning_rate", levels=(0.3, 3.0), relative=True),
    Factor(field="training.zoom", levels=(1.0,)),
    Factor(field="training.intensity", levels=(0.0,)),
    Factor(field="threshold_tries", levels=(1,)),
)
"""What the presets ablate, the most important first."""
