"""A study of the toys, for a tree that has them."""

import dataclasses

from study.design import Setup, Study
from tests.tiny_study import TRAINING
from tests.tiny_study import study as tiny_study
from trainables.segmenters.families import FAMILIES
from trainables.spec.gan_spec import paper_gan


def study() -> Study:
    """The toy segmenter alone and with the toy GAN's data."""
    tiny = tiny_study()
    toy = Setup(
        segmenter=FAMILIES["cutoff"].settings(),
        training=dataclasses.replace(TRAINING, learning_rate=2e-3),
    )
    gan = paper_gan("toy", images_seen=32, batch_size=4, crop_px=64, pool_size=4)
    return dataclasses.replace(
        tiny, name="toys", arms=("cutoff", "cutoff_gan"), gans=(gan,), ablate=()
    ).with_setups(cutoff=toy)
