"""Specs for tests that need one and do not care which."""

from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.stages import Stage
from trainables.spec.trial_spec import DataSpec, TrialSpec


def trial_of(stage: Stage, *, arm: str = "unet") -> TrialSpec:
    """A small trial of a stage."""
    data = DataSpec(split="s", annotation_count=4, draw=0)
    return TrialSpec(stage=stage, arm=arm, study_seed=0, seed=0, data=data, segmenter=UnetSpec())
