"""How the folder of a trained model is recognised, without importing any framework."""

from pathlib import Path

ABOUT_FILE = "model.json"
"""Holds the spec, the channels and the scale of a model that this project trained."""


def is_model_folder(path: str | Path) -> bool:
    """Whether a path is the folder of a model that this project trained."""
    return (Path(path) / ABOUT_FILE).is_file()
