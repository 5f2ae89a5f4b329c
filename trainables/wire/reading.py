"""Reads specs from what `flatten` made of them: flat dicts, as stored in files and used by Ray."""

import json
from pathlib import Path
from typing import Any

from trainables.results.model_files import ABOUT_FILE, is_model_folder
from trainables.segmenters.families import FAMILIES
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.flat import build, part_of, top_of
from trainables.spec.gan_spec import GanSpec
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, GanFitSpec, Spec, TrialSpec, WeightsSpec


def read_spec(flat: dict[str, Any]) -> Spec:
    """Reads what `flatten` made of a `TrialSpec` or a `GanFitSpec`.

    Fields that earlier software did not know take their defaults.

    Raises:
        ValueError: a value is out of range, or a name is unknown or missing.
    """
    return gan_fit_spec(flat) if flat.get("stage") == "fit_gans" else trial_spec(flat)


def trial_spec(flat: dict[str, Any]) -> TrialSpec:
    """Reads what `flatten` made of a `TrialSpec`.

    Raises:
        ValueError: a value is out of range, or a name is not known.
    """
    kind = flat.get("segmenter.kind")
    if kind not in FAMILIES:
        raise ValueError(f"segmenter.kind must be one of {sorted(FAMILIES)}, but got {kind!r}.")
    segmenter = part_of(flat, "segmenter")
    # Earlier it was a field of a network, not of the training.
    lora = {"lora_rank": segmenter.pop("lora_rank")} if "lora_rank" in segmenter else {}
    extra = part_of(flat, "extra")
    gan = part_of(extra, "gan")
    plain = {name: value for name, value in extra.items() if not name.startswith("gan")}
    return build(
        TrialSpec,
        top_of(flat)
        | {
            "data": build(DataSpec, part_of(flat, "data")),
            "segmenter": build(FAMILIES[kind].settings, segmenter),
            "training": build(TrainingSpec, part_of(flat, "training") | lora),
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


def spec_of_model(folder: Path) -> TrialSpec:
    """The spec of the training that made a model.

    Raises:
        ValueError: the folder holds no model, or one of another version of the software.
    """
    if not is_model_folder(folder):
        raise ValueError(f"{folder} holds no model: it has no {ABOUT_FILE}.")
    return trial_spec(json.loads((folder / ABOUT_FILE).read_text())["spec"])
