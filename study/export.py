"""Writes the chosen model for its family's own tools, with a card, and a loader where needed."""

from pathlib import Path

from study.model_card import CARD_FILE, model_card
from study.store import Store
from study.winner import model_folder
from trainables.model import load_model
from trainables.segmenters.loaders import loader_for
from trainables.standalone import write_loader


def export_model(study_folder: Path, *, arm: str = "", out: Path) -> list[Path]:
    """Writes a model so that it is used without this project.

    Cellpose's ViT becomes a model file that Cellpose opens, StarDist a folder that StarDist opens.
    A U-Net and Cellpose's compact network become TorchScript with `predict.py`, one Python file
    that labels images with it. Beside each lies MODEL_CARD.md.

    Args:
        study_folder: of a study that has confirmed something.
        arm: whose best model; the verdict's where empty.
        out: folder to write to.

    Returns:
        What a reader should know of, the model last.

    Raises:
        ValueError: nothing has been confirmed yet, or not for this arm.
    """
    store = Store(study_folder)
    folder = model_folder(store, arm=arm)
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
    return [card, written, exported]
