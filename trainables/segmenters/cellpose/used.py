"""How a trained Cellpose is used without this project."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trainables.segmenters.cellpose.backbones import MAPS
from trainables.segmenters.cellpose.command import LARGEST_SHARE, cellpose_options
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.take_home import (
    Exported,
    Loader,
    PackagedNetwork,
    TakeHome,
    fenced,
    run_predict,
)

if TYPE_CHECKING:
    from trainables.segmenters.protocol import Segmenter

CODE = '''\
def maps(image: np.ndarray) -> np.ndarray:
    """From float32 [h, w, C] to float32 [3, h, w]: flows along y and x, cell logit."""
    batch = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
    with torch.no_grad():
        return NETWORK(batch)[0].numpy()


def infer(image: np.ndarray) -> CellposeInference:
    return CellposeInference(process_in_tiles(image, maps, outputs=3, multiple={multiple}))


def decode(inference: CellposeInference) -> np.ndarray:
    return decode_flows(inference, SETTINGS["thresholds"], device=torch.device("cpu"))
'''
"""For the small networks; the ViTs are opened by Cellpose itself."""


def _usage(settings: CellposeSpec, exported: Exported) -> Iterator[str]:
    if not settings.network.is_vit:
        yield from run_predict(settings, exported)
        return
    options = cellpose_options(exported.thresholds, scale=exported.scale)
    yield from fenced(
        f"cellpose --image_path IMAGE --pretrained_model {exported.path.name} --save_tif \\",
        *(f"    {name} {value} \\" for name, value in options.items() if value),
        "    " + " ".join(name for name, value in options.items() if not value),
    )
    yield ""
    yield (
        f"The command drops cells that cover more than {100 * LARGEST_SHARE:.0f} % of an image; "
        f"`study predict` keeps them, as `eval(..., max_size_fraction=1.0)` does in Python."
    )


def _loader(settings: CellposeSpec) -> Loader | None:
    if settings.network.is_vit:
        return None
    multiple_px = 2**settings.network.halvings
    here = "trainables.segmenters.cellpose"
    return Loader(
        modules=("trainables.networks.blending", f"{here}.flows", f"{here}.decoding"),
        functions=("process_in_tiles", "decode_flows", "CellposeInference"),
        code=CODE.format(multiple=multiple_px),
        packages="cellpose scikit-image tifffile pillow",
        multiple_px=multiple_px,
        maps=MAPS,
    )


def _package(
    settings: CellposeSpec, exported: Exported, segmenter: "Segmenter", parts: Path
) -> PackagedNetwork:
    loader = _loader(settings)
    if loader is None:
        from trainables.segmenters.cellpose.packaged import packaged_vit

        return packaged_vit(exported, segmenter, parts)
    from trainables.networks.packaged import packaged_torchscript

    return packaged_torchscript(exported, loader)


TAKE_HOME = TakeHome(usage=_usage, loader=_loader, package=_package)
