"""How an exported network is run and decoded without this project, for each family on torch."""

from trainables.models.standalone import Loader
from trainables.spec.trial_spec import CellposeSpec, SegmenterSpec, UnetSpec, is_vit

TILES = "trainables.networks.blending"
CELLPOSE_MAPS = ("flow_y", "flow_x", "cell_logit")

UNET_CODE = '''\
def probabilities(image: np.ndarray) -> np.ndarray:
    """From float32 [h, w, C] to float32 [2, h, w]: cell interior, foreground."""
    batch = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
    with torch.no_grad():
        classes = NETWORK(batch)[0].numpy()
    return np.stack([classes[INTERIOR], 1 - classes[BACKGROUND]])


def infer(image: np.ndarray) -> np.ndarray:
    return process_in_tiles(image, probabilities, outputs=2, multiple={multiple})


def decode(inference: np.ndarray) -> np.ndarray:
    thresholds = SETTINGS["thresholds"]
    return decode_watershed(
        inference[0],
        inference[1],
        smoothing_px=thresholds["smoothing_px"],
        interior_threshold=thresholds["interior"],
        foreground_threshold=thresholds["foreground"],
        smallest_px=thresholds["smallest_px"],
    )
'''

COMPACT_CODE = '''\
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


def loader_for(segmenter: SegmenterSpec) -> Loader | None:
    """What the exported network of a family needs; None where its own tools open it."""
    if isinstance(segmenter, UnetSpec):
        multiple_px = 2**segmenter.depth
        return Loader(
            modules=(TILES, "trainables.networks.instances"),
            functions=("process_in_tiles", "decode_watershed", "INTERIOR", "BACKGROUND"),
            code=UNET_CODE.format(multiple=multiple_px),
            packages="torch scikit-image tifffile pillow",
            multiple_px=multiple_px,
            maps=("background", "interior", "boundary"),
        )
    if isinstance(segmenter, CellposeSpec) and not is_vit(segmenter):
        from trainables.segmenters.cellpose.networks import DEPTHS  # imports torch

        parts = ("flows", "decoding")
        multiple_px = 2 ** DEPTHS[segmenter.backbone]
        return Loader(
            modules=(TILES, *(f"trainables.segmenters.cellpose.{name}" for name in parts)),
            functions=("process_in_tiles", "decode_flows", "CellposeInference"),
            code=COMPACT_CODE.format(multiple=multiple_px),
            packages="cellpose scikit-image tifffile pillow",
            multiple_px=multiple_px,
            maps=CELLPOSE_MAPS,
        )
    return None
