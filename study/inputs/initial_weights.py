"""Where an arm's initial weights come from, and what must be said of them wherever they are used.

One of: a published model by name, a file or folder of one, a model of another study, a model
trained here on a second data set or on simulated cells.
"""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from study.design import ARMS, SIMULATED, Setup, Study
from study.inputs.data import StudyData
from study.inputs.known_datasets import seen
from study.kept_models import best_confirmed, kept_model
from study.plan import needs_source
from study.store import Store
from trainables.results.model_files import is_model_folder
from trainables.segmenters.families import FAMILIES, family_of
from trainables.spec.stages import STAGES
from trainables.spec.trial_spec import SegmenterSettings
from trainables.wire.reading import spec_of_model

EXPORT_SUFFIX = ".torchscript.pt"
"""Of exported networks that no tool of their family opens."""
STUDY_FILE = "study.json"


def find_own_model(text: str, *, segmenter: str) -> Path | None:
    """The folder of a model that this project trained; None where the text names none.

    Args:
        text: folder of a study, of which the best confirmed model of the segmenter is taken;
            the same with `:ARM` behind it; or the folder of one model.
        segmenter: whose weights are wanted.

    Raises:
        ValueError: the study has no such model, the model is of another segmenter, or it is an
            export.
    """
    place, _, arm = text.partition(":")
    folder = Path(place).expanduser()
    if (folder / STUDY_FILE).is_file():
        store = Store(folder)
        folder = kept_model(store, best_confirmed(store, arm=arm, segmenter=segmenter))
    elif not is_model_folder(folder):
        _refuse_export(folder)
        return None
    kind = spec_of_model(folder).segmenter.kind
    if kind != segmenter:
        raise ValueError(
            f"Weights of {segmenter} must come from a model of {segmenter}, but {folder} holds one "
            f"of {kind}."
        )
    return folder.resolve()


def _refuse_export(path: Path) -> None:
    """Refuses what `study export` writes of a U-Net or a small Cellpose.

    Raises:
        ValueError: says what to give in its place.
    """
    if path.name.endswith(EXPORT_SUFFIX) or any(path.glob(f"*{EXPORT_SUFFIX}")):
        raise ValueError(
            f"A training must start from a model with its settings and its history, but {path} is "
            f"an export, which has neither: give the folder of the study that it was made from."
        )


def find_published_models(study: Study) -> dict[str, Path]:
    """Looks for every model that an arm starts from; fetches published ones where there is a hub.

    Returns:
        The file of the weights, by segmenter; whether it is what it should be is seen by
        `study.weights_check`.

    Raises:
        ValueError: names the model that is missing, where to put it, and the alternative.
    """
    arms = [ARMS[name] for name in study.arms]
    wanted = sorted({arm.segmenter for arm in arms if arm.initial_weights == "pretrained"})
    return {
        segmenter: _weights_file(study, segmenter)
        for segmenter in wanted
        if study.setup(segmenter).public_weights or study.setup(segmenter).encoder_weights
    }


def model_of(study: Study, segmenter: str, *, file: Path) -> Path:
    """What a segmenter starts from, as `Segmenter.initialise` takes it.

    Args:
        study: the study.
        segmenter: the segmenter.
        file: of its weights.
    """
    is_own = is_model_folder(study.setup(segmenter).public_weights)
    model = file.parent if is_own or FAMILIES[segmenter].weights.is_folder else file
    return model.absolute()  # trainings have working folders of their own


def describe_weights(
    study: Study,
    arm_name: str,
    *,
    data: StudyData,
    source: StudyData | None,
    hashes: dict[str, str],
) -> dict[str, str]:
    """What an arm's initial weights are, and whether they have seen the images.

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
    """Of a model of another study: what that study says of its data and its own weights."""
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
    """What the study that a model lies in says of itself; nothing where it lies in none."""
    file = model.parent.parent / STUDY_FILE
    return dict(json.loads(file.read_text())) if file.is_file() else {}


def _weights_file(study: Study, segmenter: str) -> Path:
    """In a process of its own where a framework is needed: torch and TensorFlow must not meet."""
    setup, weights = study.setup(segmenter), FAMILIES[segmenter].weights
    name = setup.public_weights or setup.encoder_weights
    if is_model_folder(name) and (own := Path(name) / weights.files[0]).is_file():
        return own
    if file := weights.look(setup.segmenter, name):
        return file
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as apart:
        return apart.submit(weights.fetch, setup.segmenter, name).result()
