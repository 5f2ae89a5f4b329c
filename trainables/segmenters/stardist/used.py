"""How a trained StarDist is used without this project."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trainables.segmenters.stardist.example import stardist_example
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.take_home import Exported, PackagedNetwork, TakeHome, fenced

if TYPE_CHECKING:
    from trainables.segmenters.protocol import Segmenter


def _usage(settings: StardistSpec, exported: Exported) -> Iterator[str]:
    yield from fenced(*stardist_example(exported.path.name, scale=exported.scale))
    yield ""
    enlarged = "" if exported.scale == 1 else f" on images enlarged by {exported.scale:.4g} before"
    yield (
        f"In Fiji: Plugins > StarDist > StarDist 2D{enlarged}, with the model `Model (.zip) from "
        f"File`, which is `TF_SavedModel.zip` beside this card, percentiles 1 and 99.8, score "
        f"threshold {exported.thresholds['prob']:.4g} and overlap threshold "
        f"{exported.thresholds['nms']:.4g}. TensorFlow 1.12 and 1.15, which Fiji runs, read such "
        f"files and compute the same; the plugin itself has not been tried."
    )


def _package(
    settings: StardistSpec, exported: Exported, segmenter: "Segmenter", parts: Path
) -> PackagedNetwork:
    from trainables.segmenters.stardist.packaged import packaged_star_network

    return packaged_star_network(exported)


TAKE_HOME = TakeHome(usage=_usage, loader=lambda settings: None, package=_package)
