"""A segmenter that starts from an encoder pretrained in a GAN."""

from collections.abc import Sequence

from trainables.data.sample import Sample
from trainables.segmenters.families import family_of
from trainables.segmenters.protocol import EncoderSettings, HasEncoder, Segmenter
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec


def start_from_gan_encoder(
    segmenter: Segmenter, spec: TrialSpec, *, images: Sequence[Sample], randomness: Randomness
) -> None:
    """Replaces the encoder's weights of a fresh segmenter; its decoder and head stay as they are.

    Args:
        segmenter: made from `spec`.
        spec: of the trial.
        images: annotated or not, at the working scale; their labels are not used.
        randomness: of the trial.

    Raises:
        ValueError: the segmenter cannot start from such an encoder.
    """
    family, settings = family_of(spec.segmenter), spec.segmenter
    if "gan_encoder" not in family.can:
        raise ValueError(f"{family.title} cannot start from a GAN's encoder.")
    assert isinstance(segmenter, HasEncoder)
    assert isinstance(settings, EncoderSettings)
    from trainables.gan.fitting.encoder import learn_encoder  # imports torch

    learnt = learn_encoder(images, settings=settings, training=spec.training, randomness=randomness)
    segmenter.encoder.load_state_dict(learnt)
