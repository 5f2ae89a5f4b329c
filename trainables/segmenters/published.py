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
    trained on says nothing about their performance on new images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights(Generic[S]):
    """A family's weights trained by others: their names and locations."""

    known: Callable[[S, str], PublicWeights | None]
    """What is known of the weights of this name; None if nothing is known."""
    look: Callable[[S, str], Path | None]
    """The file of the weights if it is found without the family's framework, else None.

    Raises a `ValueError` if it must be there and is not.
    """
    fetch: Callable[[S, str], Path]
    """The file of the weights, fetched if needed. Imports the framework: call it in a process
    of its own. Raises a `ValueError` that says what is missing and where to put it."""
    network: Callable[[S, str], S]
    """The network that weights of this name need, if the user named none."""
    starts_source: Callable[[S], bool] = lambda settings: False
    """Whether given weights are where the training on the source starts, and not the arms."""
    files: tuple[str, ...]
    """Files in a model's folder that training starts from, the file of the weights first."""
    is_folder: bool = False
    """Whether a published model is a folder; otherwise it is the file of its weights."""


def file_named(settings: SegmenterSettings, name: str) -> Path | None:
    """The file of this name, for families whose weights may be any file."""
    return Path(name) if Path(name).is_file() else None
