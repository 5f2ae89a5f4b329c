"""The quick study with everything small: all its stages and arms in about two minutes."""

import dataclasses

from study.design import Study
from study.factors import Factor
from study.presets import quick
from trainables.spec.gan_spec import GanSpec
from trainables.spec.training_spec import TrainingSpec

TRAINING = TrainingSpec(images_seen=32, evaluations=2, batch_size=4, crop_px=64)


def study() -> Study:
    """The arms of the quick study, trained for eight steps."""
    whole = quick()
    return dataclasses.replace(
        whole,
        name="tiny",
        annotation_counts=(3,),
        confirm_draws=1,
        search_trials=1,
        max_test_images=4,
        ablate=(Factor(field="extra.ratio", levels=(0.0,)),),
        source_images=4,
        source_images_seen=32,
        threshold_tries=3,
        gans=(GanSpec(images_seen=32, batch_size=4, crop_px=64, pool_size=4),),
        setups={
            name: dataclasses.replace(setup, training=TRAINING)
            for name, setup in whole.setups.items()
        },
    )
