"""StarDist's network in the form that BioImage.IO's tools run."""

import json

from trainables.data.normalise import HIGH_PERCENT, LOW_PERCENT
from trainables.segmenters.stardist.network import CONFIG_FILE, THRESHOLDS_FILE, WEIGHTS_FILE
from trainables.segmenters.stardist.saved_model import SAVED_MODEL_FILE, run_saved_model
from trainables.segmenters.take_home import Exported, PackagedNetwork

TENSORFLOW = "1.12.0"
"""The oldest version with which the network was read."""


def packaged_star_network(exported: Exported) -> PackagedNetwork:
    """The network in the form that Fiji reads, with StarDist's own files beside it."""
    folder = exported.path
    config = json.loads((folder / CONFIG_FILE).read_text())
    about = {
        "thresholds": dict(exported.thresholds),
        "weights": WEIGHTS_FILE,
        "config": config,
    }
    return PackagedNetwork(
        file=folder / SAVED_MODEL_FILE,
        format="tensorflow_saved_model_bundle",
        version=TENSORFLOW,
        run=lambda image: run_saved_model(folder / SAVED_MODEL_FILE, image),
        maps=("probability", *(f"distance_{ray}" for ray in range(config["n_rays"]))),
        multiple_px=config["grid"][0] * config["unet_pool"][0] ** config["unet_n_depth"],
        percentiles=(LOW_PERCENT, HIGH_PERCENT),
        files=tuple(folder / name for name in (CONFIG_FILE, THRESHOLDS_FILE, WEIGHTS_FILE)),
        cells="StarDist makes cells of them: the attached files in a folder are a model that it "
        "opens, and the lines above do all the rest, enlarging included.",
        config={"stardist": about},
    )
