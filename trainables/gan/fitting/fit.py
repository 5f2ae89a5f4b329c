"""Fitting a GAN to annotated samples: the same for all architectures."""

from collections.abc import Sequence
from functools import cache

from trainables.data.sample import Sample
from trainables.gan.fitting.batches import Material, loose_material
from trainables.gan.fitting.course import GanCourse
from trainables.gan.fitting.engine import GanEngine
from trainables.gan.generators.creator import Creator
from trainables.gan.generators.painter import Painter
from trainables.gan.protocol import UNKNOWN, ReportGan, Watch
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec
from trainables.spec.randomness import Randomness
from trainables.training.contract import Checkpoints
from trainables.training.device import reproducible
from trainables.training.loop import run


def fit_gan(
    samples: Sequence[Sample],
    *,
    spec: GanSpec,
    randomness: Randomness,
    report: ReportGan,
    checkpoints: Checkpoints,
    unlabelled: Sequence[Sample] = (),
    watch: Watch = lambda generator: UNKNOWN,
) -> Painter | Creator:
    """Fits a GAN to annotated samples and nothing else, by the loop of loop.py.

    Args:
        samples: the annotated training samples at the working scale, with one number of channels.
        spec: architecture and length of the fit.
        randomness: of the fit.
        report: called ten times with the progress of the fit.
        checkpoints: where its state is kept.
        unlabelled: images without labels, at the same scale; only architectures that do without
            pairs can use them.
        watch: measures the generator in the second half of the fit, on real crops that are
            neither the GAN's nor the test's. The nearest is kept, and a fit that moves away from
            them ends early.

    Returns:
        The generator with the running mean of its weights, as last kept.

    Raises:
        TrainingDiverged: a loss became infinite, NaN or enormous.
        GanCollapsed: the generated crops are all alike.
        ValueError: there is no sample.
    """
    material = _material(samples, unlabelled=unlabelled, spec=spec, randomness=randomness)
    engine = GanEngine(material, spec=spec, randomness=randomness)

    @cache
    def learnt() -> Painter | Creator:  # made once, when it is first needed
        return _generator(samples, spec=spec)

    def generator() -> Painter | Creator:
        learnt().network.load_state_dict(engine.average.state_dict())
        return learnt()

    course = GanCourse(engine, spec=spec, distance=lambda: watch(generator()))
    with reproducible():
        run(engine, course, report=report, checkpoints=checkpoints)
    return generator()


def _material(
    samples: Sequence[Sample],
    *,
    unlabelled: Sequence[Sample],
    spec: GanSpec,
    randomness: Randomness,
) -> Material:
    material = Material(images=samples)
    if ARCHITECTURES[spec.architecture].needs_pairs:
        return material
    rng = randomness.generator("loose masks")
    return loose_material(samples, unlabelled=unlabelled, spec=spec, rng=rng)


def _generator(samples: Sequence[Sample], *, spec: GanSpec) -> Painter | Creator:
    """The painter or creator, with all that it takes from the samples; its network is random."""
    kind = Painter if ARCHITECTURES[spec.architecture].paints_maps else Creator
    generator = kind(spec, channels=samples[0].image.shape[2])
    generator.learn(samples)
    return generator
