"""The judge of synthetic crops: a plain segmenter trained quickly on the same annotated samples."""

import copy
import dataclasses
from collections.abc import Sequence

import numpy as np
import torch

from trainables.data.sample import Sample
from trainables.gan.pools.fidelity import Features
from trainables.segmenters.families import FAMILIES, PLAIN
from trainables.segmenters.made import make_segmenter
from trainables.segmenters.protocol import HasEncoder, Segmenter
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


def train_judge(
    spec: GanFitSpec,
    *,
    training: Sequence[Sample],
    validation: Sequence[Sample],
    randomness: Randomness,
) -> Segmenter:
    """Trains the segmenter that must find painted masks again.

    Args:
        spec: of the GAN fit, for its seeds.
        training: the samples that the GAN is fitted on, at the working scale.
        validation: chooses the weights; as elsewhere, never trained on.
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
    judge = make_segmenter(trial, channels=training[0].image.shape[2])
    judge.fit(
        training,
        extra=Extra(),
        validation=validation,
        randomness=randomness,
        report=lambda progress: None,
        checkpoints=NoCheckpoints(),
    )
    return judge


def _training(gan: GanSpec) -> TrainingSpec:
    usual = TrainingSpec(crop_px=gan.crop_px, evaluations=2)
    shortest = usual.batch_size * usual.evaluations
    return dataclasses.replace(usual, images_seen=max(int(LENGTH * gan.images_seen), shortest))


def judge_features(judge: Segmenter) -> Features:
    """The judge's coarsest features, averaged over each crop.

    No network of public origin is needed, and none that has seen other data.
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
