"""The model to take home."""

from pathlib import Path

from reports.load import load_study
from reports.verdict.verdict import choose_winner
from study.kept_models import best_confirmed, kept_model
from study.store import Store


def model_folder(store: Store, *, arm: str = "") -> Path:
    """The folder of the model that the verdict chose, or of an arm's best model.

    The best of an arm's confirmed models is the one with the best validation score: test images
    judge, but do not choose.

    Raises:
        ValueError: nothing has been confirmed yet, or not for this arm.
    """
    return kept_model(store, best_confirmed(store, arm=arm) if arm else _winner(store))


def _winner(store: Store) -> str:
    winner = choose_winner(load_study(store.root))
    if winner is None:
        raise ValueError(f"Nothing has been confirmed yet in {store.root}: no model is chosen.")
    return winner.trial_id
