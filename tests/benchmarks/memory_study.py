"""The study of tests/benchmarks/memory.py: short trainings on large images."""

import dataclasses

from study.design import Study
from study.presets import quick
from trainables.spec.gan_spec import GanSpec
from trainables.spec.training_spec import TrainingSpec

TRAINING = TrainingSpec(images_seen=16, evaluations=1, batch_size=4, crop_px=128)


def study() -> Study:
    """One search trial and one confirmed one for each family, trained for four steps."""
    whole = quick()
    setups = {
        name: dataclasses.replace(setup, training=TRAINING) for name, setup in whole.setups.items()
    }
    return dataclasses.replace(
        whole,
        name="memory",
        arms=("unet", "unet_copy_paste", "cellpose_scratch", "stardist_scratch"),
        annotation_counts=(10,),
        confirm_draws=1,
        search_trials=1,
        max_test_images=1,
        folds=1,
        threshold_tries=1,
        gans=(GanSpec(images_seen=32, batch_size=4, pool_size=4),),
        setups=setups,
    )
