"""The U-Net, as seen by everything that does not train it."""

from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from trainables.networks.encoder_licences import IMAGENET, encoder_licence
from trainables.segmenters.family import Family
from trainables.segmenters.published import PublicWeights, Weights, file_named
from trainables.segmenters.take_home import Exported, Loader, PackagedNetwork, TakeHome, run_predict
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.papers import Paper
from trainables.spec.space import Range, Space
from trainables.spec.trial_spec import TrialSpec, WeightsKind

if TYPE_CHECKING:
    from trainables.segmenters.protocol import Segmenter
    from trainables.segmenters.unet.segmenter import Unet

PAPER = Paper(
    citation="Ronneberger et al. 2015",
    reference="Ronneberger, Fischer, Brox. U-Net: convolutional networks for biomedical image "
    "segmentation. MICCAI 2015.",
    doi="10.1007/978-3-319-24574-4_28",
)
LEARNING_RATES: dict[WeightsKind, float] = {
    "scratch": 2e-3,
    "pretrained": 1e-3,
    "gan_encoder": 2e-3,
}
"""Default learning rates by where training starts, for AdamW and a few thousand crops."""
CODE = '''\
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


def _make(spec: TrialSpec, channels: int) -> "Unet":
    from trainables.segmenters.unet.segmenter import Unet

    return Unet(spec, channels=channels)


def _search(settings: UnetSpec, weights: WeightsKind) -> Space:
    boundary = Range(field="segmenter.boundary_weight", low=1.0, high=4.0, default=2.0)
    return Space(learning_rate=LEARNING_RATES[weights], own=(boundary,))


def _known(settings: UnetSpec, name: str) -> PublicWeights | None:
    if PurePath(name).name != IMAGENET:
        return None
    return PublicWeights(licence=encoder_licence(settings.encoder), trained_on=(IMAGENET,))


def _fetch(settings: UnetSpec, name: str) -> Path:
    from trainables.networks.encoder_weights import find_encoder_weights

    return find_encoder_weights(settings.encoder, name, may_download=True)


def _loader(settings: UnetSpec) -> Loader:
    multiple_px = 2**settings.depth
    return Loader(
        modules=("trainables.networks.blending", "trainables.networks.instances"),
        functions=("process_in_tiles", "decode_watershed", "INTERIOR", "BACKGROUND"),
        code=CODE.format(multiple=multiple_px),
        packages="torch scikit-image tifffile pillow",
        multiple_px=multiple_px,
        maps=("background", "interior", "boundary"),
    )


def _package(
    settings: UnetSpec, exported: Exported, segmenter: "Segmenter", parts: Path
) -> PackagedNetwork:
    from trainables.networks.packaged import packaged_torchscript

    return packaged_torchscript(exported, _loader(settings))


UNET = Family(
    name="unet",
    title="U-Net",
    in_words="a U-Net with an interior and a boundary head, decoded by watershed",
    settings=UnetSpec,
    make=_make,
    framework="torch",
    usual_start="scratch",
    can=frozenset({"gan_encoder", "pseudo_labels"}),
    cite=lambda settings: (PAPER,),
    seconds_per_crop=lambda settings: 0.037,
    network=lambda settings, text: replace(settings, encoder=text),
    has_encoder=lambda settings: True,
    search=_search,
    weights=Weights(
        known=_known,
        look=file_named,
        fetch=_fetch,
        network=lambda settings, name: settings,
        files=("network.pt", "segmenter.json"),
    ),
    take_home=TakeHome(usage=run_predict, loader=_loader, package=_package),
)
