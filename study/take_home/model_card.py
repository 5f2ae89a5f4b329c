"""The card that goes with an exported model: what it was made from, how good it is, how to use it.

After Mitchell et al. 2019 (arXiv:1810.03993).
"""

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reports import words
from reports.facts import WeightsFacts
from reports.load import Study, load_study
from reports.verdict.aggregate import summarise_arm
from study.store import Store
from trainables.models.model import Model
from trainables.results.result import TrialResult
from trainables.segmenters.families import family_of
from trainables.segmenters.take_home import Exported
from trainables.spec.flat import flatten

CARD_FILE = "MODEL_CARD.md"


def model_card(model: Model, store: Store, *, exported: Path) -> str:
    """The card as Markdown.

    Args:
        model: a model of the study.
        store: of the study.
        exported: the model file or folder that the card lies beside or in.
    """
    study = load_study(store.root)
    result = store.result(model.spec.id)
    if result is None:
        raise ValueError(f"{store.root} has no result of the model {model.spec.id}.")
    parts = {
        card_title(model, study): _summary(model, study),
        "Data": _data(model, study),
        "Scores": _scores(model, study, result),
        "Weights it was trained from": _weights(model, study),
        "How to use it": _use(model, exported),
        "How it was made": _making(model, study, result),
    }
    levels = ("#", *("##" for _ in parts))
    blocks = [
        f"{level} {title}\n\n" + "\n".join(lines)
        for level, (title, lines) in zip(levels, parts.items(), strict=False)
    ]
    return "\n\n".join(blocks) + "\n"


def card_title(model: Model, study: Study) -> str:
    """What the model is, and for which data."""
    arm, data = words.arm_title(study.arm(model.spec.arm)), study.dataset.name or "a data set"
    return f"{arm}, trained for {data}"


def weights_of(model: Model, study: Study) -> WeightsFacts | None:
    """What the study says about the weights a model was trained from; None for random ones."""
    return next((one for one in study.facts.weights if one.arm == model.spec.arm), None)


def _summary(model: Model, study: Study) -> Iterator[str]:
    count = model.spec.data.annotation_count
    yield (
        f"Labels cells one by one (instance segmentation) in 2D images of {model.channels} "
        f"channel{'s' * (model.channels > 1)} like those it was made from. It learnt from {count} "
        f"annotated image{'s' * (count > 1)}, validation included; expect less on images of other "
        f"cells, stains or microscopes."
    )


def _data(model: Model, study: Study) -> Iterator[str]:
    data, split = study.dataset, study.facts.split
    yield f"- Data set: {data.name} ({data.images} images, {data.cells} cells)"
    yield f"- Content hash: {data.content_hash}"
    yield f"- Split hash: {split.hash}; test images: {split.test_images}"
    yield f"- Annotated images: {model.spec.data.annotation_count} (draw {model.spec.data.draw})"
    yield f"- Extra data: {model.spec.extra.kind}"


def _scores(model: Model, study: Study, result: TrialResult) -> Iterator[str]:
    count = model.spec.data.annotation_count
    summary = summarise_arm(study, study.arm(model.spec.arm), count=count)
    yield "Instance F1 at IoU 0.5, mean over images; test images played no part in any choice."
    yield ""
    yield f"- This model on test images: {words.score(result.test_f1)}"
    yield f"- This model on its validation images: {words.score(result.validation_f1)}"
    if summary.f1 is not None:
        span = words.span(summary.f1.low, summary.f1.high)
        yield (
            f"- Its arm `{model.spec.arm}` at {count} annotated images, over {summary.completed} "
            f"trainings: {words.score(summary.mean_f1)} (95 % interval {span})"
        )


def _weights(model: Model, study: Study) -> Iterator[str]:
    about = weights_of(model, study)
    if about is None:
        yield "None: it was trained from random weights. Licence: that of its makers' choosing."
        return
    yield f"- {about.name} ({about.origin}): {about.description}"
    for label, known in (
        ("SHA-256", about.sha256),
        ("Licence", about.licence),
        ("Whether they had seen images of this data set before", about.seen),
    ):
        if known:
            yield f"- {label}: {known}"
    if "NC" in about.licence:
        yield "- **The licence of these weights forbids commercial use, also of this model.**"


def _use(model: Model, exported: Path) -> Iterator[str]:
    segmenter, thresholds = model.spec.segmenter, model.segmenter.thresholds
    yield f"- Thresholds, tuned on validation: {_written(thresholds)}"
    yield f"- Scale: images are enlarged by {model.scale:.4g} before the network sees them"
    yield ""
    take_home = family_of(segmenter).take_home
    yield from take_home.usage(segmenter, exported_model(model, exported))


def exported_model(model: Model, path: Path) -> Exported:
    """What is known about a model after its export."""
    return Exported(path=path, scale=model.scale, thresholds=model.segmenter.thresholds)


def _making(model: Model, study: Study, result: TrialResult) -> Iterator[str]:
    created = study.facts.created_at
    if created:
        when = datetime.datetime.fromtimestamp(created, tz=datetime.UTC)
        yield f"- Study of {when:%Y-%m-%d}, hash {study.facts.hash}"
    yield f"- Command: `{study.facts.command}`"
    yield f"- Training {model.spec.id}, commit {result.environment.get('commit', 'unknown')}"
    for part in ("segmenter", "training"):
        settings = flatten(getattr(model.spec, part))
        yield f"- {part.capitalize()}: {_written(settings)}"
    if result.cost:
        yield f"- Cost: {result.cost.device_seconds:.0f} s on {result.cost.device}"


def _written(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    )
