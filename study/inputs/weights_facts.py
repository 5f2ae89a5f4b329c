"""What must be stated about an arm's initial weights wherever they are used."""

import json
from pathlib import Path
from typing import Any

from study.design import ARMS, SIMULATED, Setup, Study
from study.inputs.data import StudyData
from study.inputs.initial_weights import STUDY_FILE
from study.inputs.known_datasets import seen
from study.plan import needs_source
from trainables.results.model_files import is_model_folder
from trainables.segmenters.families import family_of
from trainables.spec.stages import STAGES
from trainables.spec.trial_spec import SegmenterSettings
from trainables.wire.reading import spec_of_model


def describe_weights(
    study: Study,
    arm_name: str,
    *,
    data: StudyData,
    source: StudyData | None,
    hashes: dict[str, str],
) -> dict[str, str]:
    """What an arm's initial weights are, and whether they were trained on the images.

    Args:
        study: the study.
        arm_name: an arm that starts from pretrained weights.
        data: the data set under study.
        source: the second data set, where weights are trained on one.
        hashes: of the files of weights, by segmenter.

    Returns:
        arm, origin, name, trained_on, licence, sha256, description and seen: `seen`, `unseen` or
        `unknown`.
    """
    arm = ARMS[arm_name]
    setup = study.setup(arm.segmenter)
    if needs_source(study, arm):
        about = _about_source(study, setup, data=data, source=source)
    elif is_model_folder(name := setup.public_weights):
        about = _about_own(Path(name), data=data)
    else:
        about = _about_published(name, settings=setup.segmenter, data=data)
    return {"arm": arm_name, **about, "sha256": hashes.get(arm.segmenter, "")}


def _about_published(name: str, *, settings: SegmenterSettings, data: StudyData) -> dict[str, str]:
    known = family_of(settings).weights.known(settings, name)
    trained_on = ", ".join(known.trained_on) if known else "unknown"
    return {
        "origin": "public",
        "name": name,
        "trained_on": trained_on,
        "licence": known.licence if known else "unknown",
        "seen": seen(known, data.dataset.name),
        "description": f"trained on {trained_on}" if known else "a model given by the user",
    }


def _about_own(folder: Path, *, data: StudyData) -> dict[str, str]:
    """For a model of another study: what that study says about its data and its own weights."""
    about: dict[str, Any] = _study_of(folder)
    spec = spec_of_model(folder)
    dataset = about.get("source" if STAGES[spec.stage].on_source else "dataset") or {}
    before = [one for one in about.get("weights", ()) if one["arm"] == spec.arm]
    trained_on = [dataset.get("name", "unknown"), *(one.get("trained_on", "") for one in before)]
    was_seen = dataset.get("content_hash") == data.dataset.content_hash
    was_seen = was_seen or any(one["seen"] == "seen" for one in before)
    return {
        "origin": "study",
        "name": str(folder),
        "trained_on": ", ".join(filter(None, trained_on)),
        "licence": before[0]["licence"] if before else "own",
        "seen": "seen" if was_seen else "unknown",
        "description": (
            f"trained in the study {about.get('name', 'unknown')!r} on "
            f"{dataset.get('name', 'unknown data')}"
            + (f", from {before[0]['name']}" if before else "")
        ),
    }


def _about_source(
    study: Study, setup: Setup, *, data: StudyData, source: StudyData | None
) -> dict[str, str]:
    simulated = study.source.path == SIMULATED
    is_same = source is not None and source.dataset.content_hash == data.dataset.content_hash
    kind = "simulated cells" if simulated else "a second annotated data set"
    start = setup.encoder_weights
    known = family_of(setup.segmenter).weights.known(setup.segmenter, start)
    licence = known.licence if known else "unknown"
    return {
        "origin": "source",
        "name": "simulated cells" if simulated else study.source.path,
        "trained_on": source.dataset.name if source else kind,
        "licence": licence if start else "own",
        "seen": "seen" if is_same else "unseen" if simulated and not start else "unknown",
        "description": (
            f"trained here, once, on {study.source_images_seen} crops of {kind}; "
            f"not a published model" + (f"; its encoder started from {start}" if start else "")
        ),
    }


def _study_of(model: Path) -> dict[str, Any]:
    """What a model's study says about itself; empty where the model is not in a study."""
    file = model.parent.parent / STUDY_FILE
    return dict(json.loads(file.read_text())) if file.is_file() else {}
