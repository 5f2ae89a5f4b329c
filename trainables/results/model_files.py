"""How the folder of a trained model is known, without importing any framework."""

import json
from pathlib import Path

from trainables.spec.trial_spec import TrialSpec, trial_spec

ABOUT_FILE = "model.json"
"""Holds the spec, the channels and the scale of a model that this project trained."""


def is_model_folder(path: str | Path) -> bool:
    """Whether a path is the folder of a model that this project trained."""
    return (Path(path) / ABOUT_FILE).is_file()


def spec_of_model(folder: Path) -> TrialSpec:
    """The spec of the training that made a model.

    Raises:
        ValueError: the folder holds no model, or one of another version of the software.
    """
    if not is_model_folder(folder):
        raise ValueError(f"{folder} holds no model: it has no {ABOUT_FILE}.")
    return trial_spec(json.loads((folder / ABOUT_FILE).read_text())["spec"])
