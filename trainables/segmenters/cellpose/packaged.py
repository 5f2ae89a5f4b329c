"""Cellpose's ViT in the form that BioImage.IO's tools run."""

from pathlib import Path

from trainables.networks.packaged import run_torchscript, torch_version
from trainables.segmenters.cellpose.backbones import MAPS, VIT_TILE_PX
from trainables.segmenters.cellpose.export import SETTINGS_FILE
from trainables.segmenters.cellpose.networks import CPSAM_PERCENT
from trainables.segmenters.cellpose.segmenter import Cellpose
from trainables.segmenters.protocol import Segmenter
from trainables.segmenters.take_home import Exported, PackagedNetwork

VIT_FILE = "cellpose_sam.torchscript.pt"


def packaged_vit(exported: Exported, segmenter: Segmenter, parts: Path) -> PackagedNetwork:
    """The ViT as TorchScript, which takes tiles of one size; Cellpose's own file goes elsewhere.

    Args:
        exported: Cellpose's own file.
        segmenter: the `Cellpose` that was exported.
        parts: folder for the TorchScript file.
    """
    assert isinstance(segmenter, Cellpose)
    network = parts / VIT_FILE
    segmenter.write_vit(network)
    return PackagedNetwork(
        file=network,
        format="torchscript",
        version=torch_version(),
        run=lambda image: run_torchscript(network, image),
        maps=MAPS,
        tile_px=VIT_TILE_PX,
        percentiles=CPSAM_PERCENT,
        files=(exported.path.with_name(SETTINGS_FILE),),
        cells="Cellpose makes cells of them: the command above does it all, tiles and enlarging "
        "included, with its own file of this model, which is too large to be in here twice.",
    )
