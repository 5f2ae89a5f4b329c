"""The models that a study keeps: which confirmed one is best, and where each lies."""

import math
from pathlib import Path

from study.store import Store
from trainables.results.result import TrialHead


def best_confirmed(store: Store, *, arm: str = "", segmenter: str = "") -> str:
    """The id of the confirmed training with the best validation score.

    Args:
        arm: take a model of this arm; empty: of any.
        segmenter: take a model of this segmenter; empty: of any.

    Raises:
        ValueError: there is no such training.
    """
    done = [
        head
        for head in store.heads()
        if head.spec.stage == "confirm"
        and head.status == "completed"
        and arm in ("", head.trial.arm)
        and segmenter in ("", head.trial.segmenter.kind)
    ]
    if not done:
        raise ValueError(
            f"{store.root} must hold a confirmed model of {arm or segmenter}, but holds none: see "
            f"`study status {store.root}`."
        )
    return max(done, key=_score).trial_id


def kept_model(store: Store, trial_id: str) -> Path:
    """The folder of a model on this machine.

    Raises:
        ValueError: the store holds no such model, or not the whole of it.
    """
    folder = store.read_folder(f"models/{trial_id}")
    if folder is None:
        raise ValueError(f"The model {trial_id} is missing from {store.root}.")
    return folder


def _score(head: TrialHead) -> float:
    return -math.inf if math.isnan(head.validation_f1) else head.validation_f1
