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
    """The parts of `predict.py` that are specific to a family."""

    modules: tuple[str, ...]
    """Modules of this project, by full name, that define its functions."""
    functions: tuple[str, ...]
    """Functions of these modules that `code` calls."""
    code: str
    """Source of `infer(image)` and `decode(inference)`; may use `SETTINGS` and `NETWORK`."""
    packages: str
    """Packages to install, as pip takes them."""
    multiple_px: int
    """Number that the sides of the network's input must be multiples of."""
    maps: tuple[str, ...]
    """The network's outputs, by channel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """A model after `Segmenter.export`."""

    path: Path
    """What `export` returned: a file, or a folder."""
    scale: float
    """Factor by which images are enlarged before the network sees them."""
    thresholds: Mapping[str, float]
    """Tuned thresholds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackagedNetwork:
    """A network file in the form that BioImage.IO's tools run, and how it is used."""

    file: Path
    format: Literal["torchscript", "tensorflow_saved_model_bundle"]
    version: str
    """Version of the framework that reads it."""
    run: "Callable[[np.ndarray], np.ndarray]"
    """Its output for a normalised image; both float32 of one batch: NCHW for TorchScript, NHWC for
    TensorFlow."""
    maps: tuple[str, ...]
    """Its outputs, by channel."""
    multiple_px: int = 1
    """Number that an image's sides must be multiples of."""
    tile_px: int = 0
    """The only side that it accepts; 0 if it accepts any."""
    percentiles: tuple[float, float]
    """Percentiles of each channel that are mapped to 0 and 1."""
    files: tuple[Path, ...]
    """Files that go with it."""
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
    """Makes the network for a BioImage.IO package from the settings, the export, the exported
    segmenter, and a folder for a network that the export has in another form."""


def fenced(*lines: str) -> Iterator[str]:
    """Lines of code in Markdown."""
    yield from ("```", *lines, "```")


def run_predict(settings: SegmenterSettings, exported: Exported) -> Iterator[str]:
    """How a model with a `predict.py` is used."""
    yield from fenced(f"python {LOADER_FILE} IMAGE --out labels")
