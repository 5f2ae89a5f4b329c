"""Writes the chosen model for its family's own tools, with a card, and a loader where needed."""

from dataclasses import dataclass
from pathlib import Path

from reports.load import load_study
from study.model_card import CARD_FILE, card_title, model_card, weights_of
from study.store import Store
from study.winner import model_folder
from trainables.model import Model, load_model
from trainables.model_files import spec_of_model
from trainables.segmenters.loaders import loader_for
from trainables.spec import SegmenterSpec, StardistSpec, is_vit
from trainables.standalone import Loader, write_loader


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageRequest:
    """A wish for the BioImage.IO package of a model, with what no study knows."""

    authors: tuple[str, ...] = ()
    """Names."""
    licence: str = ""
    """SPDX name; empty: that of the weights which the model was trained from, if they have one."""


def export_model(
    study_folder: Path, *, arm: str = "", out: Path, package: PackageRequest | None = None
) -> list[Path]:
    """Writes a model so that it is used without this project.

    Cellpose's ViT becomes a model file that Cellpose opens, StarDist a folder that StarDist opens.
    A U-Net and Cellpose's small networks become TorchScript with `predict.py`, one Python file
    that labels images with it, and, where wanted, a BioImage.IO package. Beside each lies
    MODEL_CARD.md.

    Args:
        study_folder: of a study that has confirmed something.
        arm: whose best model; the verdict's where empty.
        out: folder to write to.
        package: asks for the BioImage.IO package as well.

    Returns:
        What a reader should know of, the model last.

    Raises:
        ValueError: nothing has been confirmed yet, or not for this arm; or there can be no
            package of this model.
    """
    store = Store(study_folder)
    folder = model_folder(store, arm=arm)
    if package is not None:
        refuse_package(spec_of_model(folder).segmenter)
    model = load_model(folder)
    out.mkdir(parents=True, exist_ok=True)
    exported = model.segmenter.export(out)
    card = out / CARD_FILE
    card.write_text(model_card(model, store, exported=exported))
    loader = loader_for(model.spec.segmenter)
    if loader is None:
        return [card, exported]
    written = write_loader(
        loader,
        out,
        network_file=exported.name,
        channels=model.channels,
        scale=model.scale,
        thresholds=model.segmenter.thresholds,
    )
    if package is None:
        return [card, written, exported]
    made = _write_package(
        model, exported, store=store, loader=loader, files=[written, card], request=package
    )
    return [card, written, exported, made]


def refuse_package(segmenter: SegmenterSpec) -> None:
    """Refuses the BioImage.IO package of a network that has none, before anything is written.

    Raises:
        ValueError: says what to use in its place, or what to install.
    """
    if isinstance(segmenter, StardistSpec):
        raise ValueError(
            "There is no BioImage.IO package of StarDist: its package makes them with a function "
            "that bioimageio.core no longer has. Leave --bioimageio out: StarDist itself opens "
            "the folder that is written."
        )
    if is_vit(segmenter):
        raise ValueError(
            "There is no BioImage.IO package of Cellpose-SAM, whose network takes tiles of 256 "
            "pixels that Cellpose itself cuts and joins. Leave --bioimageio out: Cellpose opens "
            "the file that is written."
        )
    try:
        import study.bioimageio_package  # noqa: F401
    except ModuleNotFoundError as error:
        raise ValueError(
            f'A BioImage.IO package needs {error.name}: pip install -e ".[bioimageio]".'
        ) from error


def _write_package(
    model: Model,
    network: Path,
    *,
    store: Store,
    loader: Loader,
    files: list[Path],
    request: PackageRequest,
) -> Path:
    from study.bioimageio_package import Origin, licence_of, write_package

    study = load_study(store.root)
    weights = weights_of(model, study)
    origin = Origin(
        title=card_title(model, study),
        card=files[-1].read_text(),
        authors=request.authors,
        licence=licence_of(request.licence, weights_licence=weights.get("licence", "")),
    )
    return write_package(model, network, loader=loader, attachments=files[:-1], origin=origin)
