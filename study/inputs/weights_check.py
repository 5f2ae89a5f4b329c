"""Initial weights are tried before a study begins: otherwise a file of the wrong kind, or one that
was replaced, would fail every trial of its arms, or change what they mean."""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from study.design import ARMS, Study
from study.inputs.initial_weights import STUDY_FILE
from study.plan import Splits, search_spec
from study.store import Store
from trainables.segmenters.made import make_segmenter
from trainables.spec.trial_spec import TrialSpec


def refuse_changed_weights(hashes: dict[str, str], store: Store) -> None:
    """Refuses to resume a study from weights other than those it began with.

    Args:
        hashes: of the files of weights, by segmenter.
        store: of the study, which need not have begun.

    Raises:
        ValueError: names the weights, and both hashes.
    """
    begun: dict[str, Any] = json.loads(store.read_text(STUDY_FILE) or "{}")
    for entry in begun.get("weights", ()):
        recorded = entry.get("sha256", "")
        found = hashes.get(ARMS[entry["arm"]].segmenter, "")
        if recorded and found and recorded != found:
            raise ValueError(
                f"The weights {entry['name']} of {entry['arm']} must be those that this study "
                f"began with, of SHA-256 {recorded}, but they are now others, of {found}: put the "
                f"first ones back, or choose another folder with --out."
            )


def refuse_unusable_weights(
    study: Study, weights: dict[str, Path], *, splits: Splits, channels: int
) -> None:
    """Starts a segmenter from each set of weights, as the trials will, and discards it.

    Each runs in its own process: torch and TensorFlow must not meet, nor stay loaded here.

    Args:
        study: the study.
        weights: by segmenter, as `Segmenter.initialise` takes them.
        splits: of its data.
        channels: of its images.

    Raises:
        ValueError: names the weights, what they are, and what to do.
    """
    context = multiprocessing.get_context("spawn")
    for segmenter, model in weights.items():
        arm = next(
            arm
            for arm in (ARMS[name] for name in study.arms)
            if arm.segmenter == segmenter and arm.initial_weights == "pretrained"
        )
        spec = search_spec(study, arm, splits, {})
        with ProcessPoolExecutor(max_workers=1, mp_context=context) as apart:
            apart.submit(try_weights, spec, model, channels=channels).result()


def try_weights(spec: TrialSpec, model: Path, *, channels: int) -> None:
    """Starts the segmenter of a trial from weights.

    Raises:
        ValueError: the segmenter cannot start from them.
    """
    try:
        make_segmenter(spec, channels=channels).initialise(model)
    except ValueError:
        raise
    except Exception as error:  # a broken file makes torch, pickle and HDF5 raise many kinds
        raise ValueError(
            f"{model} must hold weights of {spec.segmenter.kind}, but they cannot be read "
            f"({' '.join(str(error).split())[:200]}): copy them there again."
        ) from error
