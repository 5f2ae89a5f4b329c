"""The judge of synthetic crops: a plain segmenter trained quickly on the same annotated samples."""

import copy
import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from trainables.data.trial_data import WorkingData
from trainables.gan.pools.fidelity import Features
from trainables.segmenters.families import FAMILIES, PLAIN
from trainables.segmenters.made import make_segmenter
from trainables.segmenters.protocol import HasEncoder, Segmenter
from trainables.segmenters.validation import mean_f1
from trainables.spec.gan_spec import GanSpec
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import GanFitSpec, TrialSpec
from trainables.training.contract import Extra, NoCheckpoints
from trainables.training.device import autocast, best_device, place, place_batch

LENGTH = 0.4
"""Length of the judge's training, in crops, as a share of the GAN's: a third of its cost."""
BATCH = 8
"""Crops that go through the encoder at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """A segmenter that must recover painted masks, and what is known of it."""

    segmenter: Segmenter
    validation_f1: float
    """Mean F1 on the samples that chose its weights; NaN where there are none."""
    features: Features
    """See `features_of`."""


def train_judge(spec: GanFitSpec, data: WorkingData, *, randomness: Randomness) -> Judge:
    """Trains a plain segmenter on the samples that the GAN is fitted on.

    Args:
        spec: of the GAN fit, for its seeds.
        data: of the fit; validation chooses the weights and, as elsewhere, is never trained on.
        randomness: of the fit.
    """
    trial = TrialSpec(
        stage="fit_gans",
        arm="judge",
        study_seed=spec.study_seed,
        seed=spec.seed,
        data=spec.data,
        segmenter=FAMILIES[PLAIN].settings(),
        training=_training(spec.gan),
    )
    segmenter = make_segmenter(trial, channels=data.channels)
    segmenter.fit(
        data.training,
        extra=Extra(),
        validation=data.validation,
        randomness=randomness,
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    return Judge(
        segmenter=segmenter,
        validation_f1=mean_f1(segmenter, data.validation),
        features=features_of(segmenter),
    )


def _training(gan: GanSpec) -> TrainingSpec:
    usual = TrainingSpec(crop_px=gan.crop_px, evaluations=2)
    shortest = usual.batch_size * usual.evaluations
    return dataclasses.replace(usual, images_seen=max(int(LENGTH * gan.images_seen), shortest))


def features_of(judge: Segmenter) -> Features:
    """The judge's coarsest features, averaged over each crop.

    They need no public network and none that has seen other data.
    """
    assert isinstance(judge, HasEncoder)
    encoder = copy.deepcopy(judge.encoder)
    device = best_device()
    place(encoder.eval(), device)

    def features(images: np.ndarray) -> np.ndarray:
        """float32 [N, P, P, C] to float64 [N, D]."""
        batches = (
            torch.from_numpy(images[start : start + BATCH]).permute(0, 3, 1, 2)
            for start in range(0, len(images), BATCH)
        )
        with torch.inference_mode(), autocast(device):
            coarsest = [encoder(place_batch(batch, device))[-1] for batch in batches]
        means = [maps.float().mean(dim=(2, 3)).cpu().numpy() for maps in coarsest]
        return np.concatenate(means).astype(np.float64)

    return features
