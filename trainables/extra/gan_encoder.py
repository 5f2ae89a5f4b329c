"""A U-Net that starts from an encoder which a GAN has taught."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from trainables.data.sample import Sample
from trainables.segmenters.protocol import Segmenter
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec, UnetSpec


def start_from_gan_encoder(
    segmenter: Segmenter, spec: TrialSpec, *, images: Sequence[Sample], randomness: Randomness
) -> None:
    """Replaces the encoder of a freshly made U-Net; its decoder and head stay as they are.

    Args:
        segmenter: made from `spec`.
        spec: of the trial.
        images: annotated and other ones, at the working scale; their labels are not used.
        randomness: of the trial.

    Raises:
        ValueError: the segmenter is no U-Net.
    """
    if not isinstance(spec.segmenter, UnetSpec):
        raise ValueError(
            f"Only a U-Net can start from a GAN's encoder, but the segmenter is "
            f"{spec.segmenter.kind!r}."
        )
    import torch

    from trainables.gan.fitting.encoder import learn_encoder
    from trainables.segmenters.unet.segmenter import WEIGHTS_FILE

    learnt = learn_encoder(
        images, unet=spec.segmenter, training=spec.training, randomness=randomness
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        segmenter.save(folder)
        weights = torch.load(folder / WEIGHTS_FILE, map_location="cpu", weights_only=True)
        weights |= {f"encoder.{part}": value for part, value in learnt.items()}
        torch.save(weights, folder / WEIGHTS_FILE)
        segmenter.initialise(folder)
