"""The model to take home."""

from pathlib import Path

from reports.load import load_study
from reports.verdict import choose_winner
from study.store import Store
from trainables.result import TrialResult


def model_folder(store: Store, *, arm: str = "") -> Path:
    """The folder of the model that the verdict chose, or of an arm's best.

    Of an arm's confirmed models, the one with the best validation score: the test images judge,
    they do not choose.

    Raises:
        ValueError: nothing has been confirmed yet, or not for this arm.
    """
    trial_id = best_of_arm(store, arm).trial_id if arm else _winner(store)
    folder = store.read_folder(f"models/{trial_id}")
    if folder is None:
        raise ValueError(f"The model {trial_id} is missing from {store.root}.")
    return folder


def _winner(store: Store) -> str:
    winner = choose_winner(load_study(store.root))
    if winner is None:
        raise ValueError(f"Nothing has been confirmed yet in {store.root}: no model is chosen.")
    return winner.trial_id


def best_of_arm(store: Store, arm: str) -> TrialResult:
    """The confirmed training of an arm with the best validation score."""
    done = [
        result
        for result in store.results().values()
        if result.spec["stage"] == "confirm"
        and result.spec["arm"] == arm
        and result.status == "completed"
    ]
    if not done:
        raise ValueError(f"No training of {arm!r} has been confirmed in {store.root}.")
    return max(done, key=lambda result: result.validation_f1)
