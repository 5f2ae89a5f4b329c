"""The folder of a study that a command is given."""

from pathlib import Path


def existing(folder: Path) -> Path:
    """The folder itself.

    Raises:
        ValueError: it holds no study.
    """
    if not (folder / "study.json").exists():
        raise ValueError(f"{folder} holds no study: it has no study.json.")
    return folder
