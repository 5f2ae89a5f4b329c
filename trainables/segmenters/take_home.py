"""How a trained model of a family is used without this project."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from trainables.spec.trial_spec import SegmenterSettings

if TYPE_CHECKING:
    import numpy as np

    from trainables.segmenters.protocol import Segmenter

S = TypeVar("S", bound=SegmenterSettings)

LOADER_FILE = "predict.py"
"""Beside an exported network: one Python file that labels images with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Loader:
    """What a family's `predict.py` has beyond what all share."""

    modules: tuple[str, ...]
    """Modules of this project, by full name, in which its functions are found."""
    functions: tuple[str, ...]
    """Functions of theirs that `code` calls."""
    code: str
    """Source of `infer(image)` and `decode(inference)`; may use `SETTINGS` and `NETWORK`."""
    packages: str
    """What must be installed, as pip takes it."""
    multiple_px: int
    """What the sides of an image that the network sees must be multiples of."""
    maps: tuple[str, ...]
    """What the network gives, by channel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """A model after `Segmenter.export`."""

    path: Path
    """What `export` returned: a file, or a folder."""
    scale: float
    """By how much images are enlarged before the network sees them."""
    thresholds: Mapping[str, float]
    """Tuned ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackagedNetwork:
    """A network file as BioImage.IO's tools run it, and how it is used."""

    file: Path
    format: Literal["torchscript", "tensorflow_saved_model_bundle"]
    version: str
    """Of the framework that reads it."""
    run: "Callable[[np.ndarray], np.ndarray]"
    """What it gives for a normalised image; both float32 of one batch: NCHW of TorchScript, NHWC
    of TensorFlow."""
    maps: tuple[str, ...]
    """What it gives, by channel."""
    multiple_px: int = 1
    """What the sides of an image must be multiples of."""
    tile_px: int = 0
    """The only side that it takes; 0 where it takes any."""
    percentiles: tuple[float, float]
    """Of each channel, that become 0 and 1."""
    files: tuple[Path, ...]
    """That go with it."""
    cells: str
    """Sentence: how the maps become cells."""
    config: Mapping[str, object] = field(default_factory=dict)
    """What the family's own tools look for in the package."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeHome(Generic[S]):
    """What goes with an exported model of a family."""

    usage: Callable[[S, Exported], Iterator[str]]
    """Lines of Markdown for the model card: how to use it."""
    loader: Callable[[S], Loader | None]
    """What `predict.py` needs; None where the family's own tools open the export."""
    package: "Callable[[S, Exported, Segmenter, Path], PackagedNetwork]"
    """The network for a BioImage.IO package, of the settings, the export, the segmenter that was
    exported, and a folder for a network that the export has in another form."""


def fenced(*lines: str) -> Iterator[str]:
    """Lines of code in Markdown."""
    yield from ("```", *lines, "```")


def run_predict(settings: SegmenterSettings, exported: Exported) -> Iterator[str]:
    """How a model with a `predict.py` is used."""
    yield from fenced(f"python {LOADER_FILE} IMAGE --out labels")
