"""Cellpose, as seen by everything that does not train it."""

from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from trainables.networks.encoder_licences import IMAGENET, encoder_licence
from trainables.segmenters.cellpose.backbones import BACKBONES, VIT_TILE_PX
from trainables.segmenters.cellpose.published import PUBLISHED
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.cellpose.used import TAKE_HOME
from trainables.segmenters.family import Family
from trainables.segmenters.published import PublicWeights, Weights, file_named
from trainables.spec.space import Space
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import TrialSpec, WeightsKind

if TYPE_CHECKING:
    from trainables.segmenters.cellpose.segmenter import Cellpose


def _make(spec: TrialSpec, channels: int) -> "Cellpose":
    from trainables.segmenters.cellpose.segmenter import Cellpose

    return Cellpose(spec, channels=channels)


def _network(settings: CellposeSpec, text: str) -> CellposeSpec:
    """`NAME` or `NAME:ENCODER`."""
    name, _, encoder = text.partition(":")
    if name not in BACKBONES:
        raise ValueError(
            f"The network of Cellpose must be one of {', '.join(BACKBONES)}, but got {name!r}."
        )
    return CellposeSpec(backbone=name, encoder=encoder or BACKBONES[name].encoder)


def _training(settings: CellposeSpec, training: TrainingSpec) -> TrainingSpec:
    """As Cellpose fine-tunes its ViT, with the one crop that its position embedding fits."""
    if not settings.network.is_vit:
        return training
    return replace(
        training, crop_px=VIT_TILE_PX, batch_size=1, weight_decay=settings.network.weight_decay
    )


def _search(settings: CellposeSpec, weights: WeightsKind) -> Space:
    network = settings.network
    space = Space(
        learning_rate=network.learning_rates[weights],
        weight_decay=network.weight_decay,
        low_rank=network.has_low_rank,
    )
    return replace(space, warm_up=network.scratch_warm_up) if weights == "scratch" else space


def _known(settings: CellposeSpec, name: str) -> PublicWeights | None:
    base = PurePath(name).name
    if base == IMAGENET:
        return PublicWeights(licence=encoder_licence(settings.encoder), trained_on=(IMAGENET,))
    return PUBLISHED.get(base)


def _look(settings: CellposeSpec, name: str) -> Path | None:
    if not settings.network.is_vit:
        return file_named(settings, name)
    from trainables.machine.downloads import refuse_changed
    from trainables.segmenters.cellpose.weights import find_public_weights

    file = find_public_weights(name, may_download=True)
    refuse_changed(file)
    return file


def _fetch(settings: CellposeSpec, name: str) -> Path:
    from trainables.networks.encoder_weights import find_encoder_weights

    return find_encoder_weights(settings.encoder, name, may_download=True)


CELLPOSE = Family(
    name="cellpose",
    title="Cellpose",
    in_words="Cellpose",
    settings=CellposeSpec,
    make=_make,
    framework="torch",
    packages=("cellpose",),
    usual_start="pretrained",
    can=frozenset({"zero_shot"}),
    cite=lambda settings: settings.network.papers,
    seconds_per_crop=lambda settings: settings.network.seconds_per_crop,
    network=_network,
    has_encoder=lambda settings: not settings.network.is_vit,
    training=_training,
    search=_search,
    weights=Weights(
        known=_known,
        look=_look,
        fetch=_fetch,
        network=lambda settings, name: CellposeSpec(backbone="cpsam"),
        starts_source=lambda settings: not settings.network.is_vit,
        files=("network.pt", "segmenter.json"),
    ),
    take_home=TAKE_HOME,
)
