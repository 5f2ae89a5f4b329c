"""What `--weights NAME=TEXT` means for a family."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from trainables.spec.trial_spec import SegmenterSettings

S = TypeVar("S", bound=SegmenterSettings)


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicWeights:
    """What must be said wherever these weights are used."""

    licence: str
    """SPDX name, or `unknown`."""
    trained_on: tuple[str, ...]
    """Keys of `DATASETS` in `study/inputs/known_datasets.py`: a data set that the weights were
    trained on says nothing about how they do on new images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights(Generic[S]):
    """Weights of a family that somebody else trained: what they are called and where they lie."""

    known: Callable[[S, str], PublicWeights | None]
    """What is known of the weights of this name; None where nothing is."""
    look: Callable[[S, str], Path | None]
    """The file of the weights where it is found without the family's framework; None where not.

    Raises a `ValueError` where it must be there and is not.
    """
    fetch: Callable[[S, str], Path]
    """The file of the weights, fetched where need be. Imports the framework: call it in a process
    of its own. Raises a `ValueError` that says what is missing and where to put it."""
    network: Callable[[S, str], S]
    """The network that weights of this name need, where the user named none."""
    starts_source: Callable[[S], bool] = lambda settings: False
    """Whether given weights are where the training on the source starts, and not the arms."""
    files: tuple[str, ...]
    """Of the folder of a model what a training starts from, the file of the weights first."""
    is_folder: bool = False
    """Whether a published model is a folder; else it is the file of its weights."""


def file_named(settings: SegmenterSettings, name: str) -> Path | None:
    """The file of this name, for families whose weights may be any file."""
    return Path(name) if Path(name).is_file() else None
