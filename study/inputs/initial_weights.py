"""Where an arm's initial weights come from.

A published model by name, a file or folder of one, a model of another study, or a model trained
here on a second data set or on simulated cells.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from study.design import ARMS, Study
from study.kept_models import best_confirmed, kept_model
from study.store import Store
from trainables.results.model_files import is_model_folder
from trainables.segmenters.families import FAMILIES
from trainables.wire.reading import spec_of_model

EXPORT_SUFFIX = ".torchscript.pt"
"""Suffix of exported networks that no tool of their family opens."""
STUDY_FILE = "study.json"


def find_own_model(text: str, *, segmenter: str) -> Path | None:
    """The folder of a model that this project trained; None where the text names none.

    Args:
        text: folder of a study, whose best confirmed model of the segmenter is taken;
            the same followed by `:ARM`; or the folder of one model.
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
    """Refuses what `study export` writes for a U-Net or a small Cellpose.

    Raises:
        ValueError: says what to give instead.
    """
    if path.name.endswith(EXPORT_SUFFIX) or any(path.glob(f"*{EXPORT_SUFFIX}")):
        raise ValueError(
            f"A training must start from a model with its settings and its history, but {path} is "
            f"an export, which has neither: give the folder of the study that it was made from."
        )


def find_published_models(study: Study) -> dict[str, Path]:
    """Finds every model that an arm starts from; fetches published ones where there is a hub.

    Returns:
        The file of the weights, by segmenter; whether it is what it should be is checked by
        `study.inputs.weights_check`.

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


def _weights_file(study: Study, segmenter: str) -> Path:
    """Runs in its own process where a framework is needed: torch and TensorFlow must not meet."""
    setup, weights = study.setup(segmenter), FAMILIES[segmenter].weights
    name = setup.public_weights or setup.encoder_weights
    if is_model_folder(name) and (own := Path(name) / weights.files[0]).is_file():
        return own
    if file := weights.look(setup.segmenter, name):
        return file
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as apart:
        return apart.submit(weights.fetch, setup.segmenter, name).result()
