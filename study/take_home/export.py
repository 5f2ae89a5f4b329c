"""Writes the chosen model for its family's own tools, with a card, and a loader where needed."""

from dataclasses import dataclass
from pathlib import Path

from reports.load import load_study
from study.store import Store
from study.take_home.model_card import CARD_FILE, card_title, model_card, weights_of
from study.take_home.winner import model_folder
from trainables.models.model import Model, load_model
from trainables.models.standalone import write_loader
from trainables.segmenters.families import family_of


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageRequest:
    """A request for the BioImage.IO package of a model, with details that no study knows."""

    authors: tuple[str, ...] = ()
    """Names of the authors."""
    licence: str = ""
    """SPDX name; empty: that of the weights that the model was trained from, if they have one."""


def export_model(
    study_folder: Path, *, arm: str = "", out: Path, package: PackageRequest | None = None
) -> list[Path]:
    """Writes a model for use without this project.

    Where the family has its own tools, the model is in their format; otherwise it is TorchScript
    with `predict.py`, one Python file that labels images with it. MODEL_CARD.md and, on request, a
    BioImage.IO package are written beside it.

    Args:
        study_folder: of a study with confirmed trainings.
        arm: whose best model to take; empty: the verdict's.
        out: folder to write to.
        package: asks for the BioImage.IO package as well.

    Returns:
        The written files that a user needs to know about, the card first.

    Raises:
        ValueError: nothing has been confirmed yet, or not for this arm; or a package is requested
            and the library that writes it is not installed.
    """
    store = Store(study_folder)
    folder = model_folder(store, arm=arm)
    if package is not None:
        require_bioimageio()
    model = load_model(folder)
    out.mkdir(parents=True, exist_ok=True)
    exported = model.segmenter.export(out)
    card = out / CARD_FILE
    card.write_text(model_card(model, store, exported=exported))
    written = [card]
    settings = model.spec.segmenter
    if loader := family_of(settings).take_home.loader(settings):
        file = write_loader(
            loader,
            out,
            network_file=exported.name,
            channels=model.channels,
            scale=model.scale,
            thresholds=model.segmenter.thresholds,
        )
        written.append(file)
    written.append(exported)
    if package is not None:
        written.append(_write_package(model, exported, store=store, folder=out, request=package))
    return written


def require_bioimageio() -> None:
    """Refuses a BioImage.IO package, before anything is written, where its library is missing.

    Raises:
        ValueError: says what to install.
    """
    try:
        import study.take_home.bioimageio_package  # noqa: F401
    except ModuleNotFoundError as error:
        raise ValueError(
            f'A BioImage.IO package needs {error.name}: pip install -e ".[bioimageio]".'
        ) from error


def _write_package(
    model: Model,
    exported: Path,
    *,
    store: Store,
    folder: Path,
    request: PackageRequest,
) -> Path:
    from study.take_home.bioimageio_package import Origin, licence_of, write_package

    study = load_study(store.root)
    weights = weights_of(model, study)
    origin = Origin(
        title=card_title(model, study),
        card=(folder / CARD_FILE).read_text(),
        authors=request.authors,
        licence=licence_of(request.licence, weights_licence=weights.licence if weights else ""),
    )
    return write_package(model, exported, folder=folder, origin=origin)
