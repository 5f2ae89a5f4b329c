"""What a study is: its arms, counts, draws, seeds and budgets, declared in one place."""

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from study.factors import Factor
from trainables.segmenters.families import FAMILIES, PLAIN, family_of
from trainables.segmenters.family import Family
from trainables.spec.checks import at_least
from trainables.spec.extra_spec import ExtraKind, ExtraSpec
from trainables.spec.flat import hash_flat
from trainables.spec.gan_spec import GanSpec
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import SegmenterSettings, WeightsKind

ALWAYS = sys.maxsize
"""Value of `Study.folds_below` that asks for folds however many images there are."""
SIMULATED = "simulated"
"""Given in place of a folder: cells are simulated here, with nothing to download."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """A strategy to be compared: three independent choices."""

    name: str
    segmenter: str
    extra_data: ExtraKind = "none"
    initial_weights: WeightsKind = "scratch"
    is_trained: bool = True
    """Whether its segmenter is trained; otherwise it is used as it is (zero-shot)."""

    @property
    def uses_gan(self) -> bool:
        """Whether one of the study's GANs makes its extra data."""
        return self.extra_data == "gan"

    def training(self, setup: "Setup") -> TrainingSpec:
        """How its segmenter is trained in a study, before the search has varied it."""
        if self.is_trained:
            return setup.training
        return dataclasses.replace(setup.training, images_seen=0)


def _controls() -> Iterator[Arm]:
    """Arms that only the plain family has: they show what other kinds of extra data are worth."""
    yield Arm(name=f"{PLAIN}_copy_paste", segmenter=PLAIN, extra_data="copy_paste")
    yield Arm(name=f"{PLAIN}_cutmix", segmenter=PLAIN, extra_data="cutmix")
    yield Arm(name=f"{PLAIN}_chessmix", segmenter=PLAIN, extra_data="chessmix")
    yield Arm(name=f"{PLAIN}_real_repeated", segmenter=PLAIN, extra_data="real_repeated")


def _arms_of(family: Family[Any]) -> Iterator[Arm]:
    """The arms that every family has, and those that its own abilities add."""
    name, start = family.name, family.usual_start
    yield Arm(name=name, segmenter=name, initial_weights=start)
    if start == "pretrained":
        yield Arm(name=f"{name}_scratch", segmenter=name)
    else:
        yield Arm(name=f"{name}_transfer", segmenter=name, initial_weights="pretrained")
    yield Arm(name=f"{name}_gan", segmenter=name, extra_data="gan", initial_weights=start)
    if "gan_encoder" in family.can:
        yield Arm(name=f"{name}_gan_encoder", segmenter=name, initial_weights="gan_encoder")
    if "pseudo_labels" in family.can:
        yield Arm(name=f"{name}_pseudo_labels", segmenter=name, extra_data="pseudo_labels")
    if "zero_shot" in family.can:
        yield Arm(
            name=f"{name}_zero_shot",
            segmenter=name,
            initial_weights="pretrained",
            is_trained=False,
        )


ARMS = {
    arm.name: arm
    for arm in (*_controls(), *(arm for family in FAMILIES.values() for arm in _arms_of(family)))
}
"""All arms; a study names those it compares."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """How one segmenter is built, trained and placed in this study; the search varies the rest."""

    segmenter: SegmenterSettings
    training: TrainingSpec = field(default_factory=TrainingSpec)
    public_weights: str = ""
    """Name, file or folder of a published model to fine-tune; empty: weights from the source."""
    encoder_weights: str = ""
    """Where a network that is first trained on the source starts: `imagenet`, or a file of the
    encoder's weights (training on the source is the first phase, the arms' fine-tuning the
    second); empty: random."""
    cpus: int = 1
    """Cores a trial takes."""
    gpus: float = 1.0
    """Share of a GPU a trial takes, on machines that have any."""

    def __post_init__(self) -> None:
        if self.training.lora_rank:
            # Fixed here, it would turn all schedules into LoRA, even training from scratch, whose
            # randomly initialised encoder it would freeze.
            raise ValueError(
                f"lora_rank must be 0 in the settings of a study, whose search tries LoRA as a "
                f"schedule, but got {self.training.lora_rank}: leave it out."
            )
        family = family_of(self.segmenter)
        starts_source = family.weights.starts_source(self.segmenter)
        if self.encoder_weights and (self.public_weights or not starts_source):
            raise ValueError(
                f"encoder_weights are for a network that is first trained on the source, but got "
                f"{self.encoder_weights!r} for {self.segmenter} with public_weights "
                f"{self.public_weights!r}: leave one of them out."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class DataOptions:
    """Where images come from and how they are read."""

    path: str = SIMULATED
    """Folder or file of the data set, or `simulated`."""
    layout: str = "auto"
    """Layout on disk; `auto` recognises it."""
    channel: str = ""
    """Which labels to read, where a data set has several by name."""
    group_pattern: str = ""
    """Regular expression for image names; images with the same first group stay together."""
    plane: int = 0
    """Plane of multi-page images."""
    components: bool = False
    """Take each connected piece of a binary mask as one cell."""
    unlabelled: str = ""
    """Folder of further images, which are used without labels; empty for none."""
    detect_duplicates: bool = True
    """Keep copies and overlapping or adjoining crops of one field on one side of the split."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A whole study; everything that decides its numbers is in here."""

    name: str
    arms: tuple[str, ...]
    data: DataOptions = field(default_factory=DataOptions)
    source: DataOptions = field(default_factory=DataOptions)
    """The second annotated data set, on which the transfer arms' weights are trained once."""
    annotation_counts: tuple[int, ...] = (10,)
    """Annotated images an arm may touch, validation included; the largest serves the search."""
    confirm_draws: int = 3
    """Random choices of the annotated images on which each arm is confirmed."""
    confirm_seeds: int = 1
    """Trainings on each of these draws."""
    ablate: tuple[Factor, ...] = ()
    """Factors varied one at a time from each arm's chosen configuration; empty: no ablation."""
    ablate_draws: int = 3
    """How many of the first draws of `confirm` the ablation uses, at the largest count."""
    search_trials: int = 4
    """Configurations tried for each arm."""
    search_device_seconds: float = 3600.0
    """Ceiling for each arm in the search, GAN fits included, even failed ones; an arm gets its
    first trial even where they have used up the ceiling."""
    setups: Mapping[str, Setup] = field(default_factory=dict)
    """Setups of the segmenters, by name; a family that is not named has its defaults."""
    gans: tuple[GanSpec, ...] = (GanSpec(),)
    """GANs among which the arms with GAN data choose."""
    source_images: int = 48
    """Annotated images of the source that are used, at most."""
    source_images_seen: int = 3200
    """Crops shown when training on the source."""
    threshold_tries: int = 12
    """Decoding settings tried on validation by each trial."""
    test_share: float = 0.3
    """Share of the images on the test side, where the data set names no sides."""
    max_test_images: int = 100
    """Test images scored, at most."""
    folds: int = 4
    """Grouped folds of data sets too small for a test side: each image is then tested once, and
    the whole study is run for each fold; 1: always a test side."""
    folds_below: int = 20
    """Annotated images below which folds are used, where the data set names no test images."""
    min_diameter_px: float = 16.0
    """Images are enlarged until the median annotated cell has this diameter."""
    max_diameter_px: float = 32.0
    """Images are shrunk until the median annotated cell has this diameter."""
    seed: int = 0
    budget_seconds: float = 0.0
    """Wall time to which the study was cut; 0: not cut."""
    left_out: tuple[str, ...] = ()
    """What was left out to fit the budget, in words."""

    def __post_init__(self) -> None:
        at_least(self, confirm_draws=1, confirm_seeds=1, search_trials=1, ablate_draws=1)
        at_least(self, max_test_images=1, folds=1)
        if unnamed := [name for name in self.setups if name not in FAMILIES]:
            raise ValueError(
                f"There is no segmenter {unnamed[0]!r}; they are {', '.join(FAMILIES)}."
            )
        if mixed := [name for name, one in self.setups.items() if one.segmenter.kind != name]:
            kind = self.setups[mixed[0]].segmenter.kind
            raise ValueError(f"The setup of {mixed[0]} must be one of it, but it is of {kind}.")
        if unknown := [name for name in self.arms if name not in ARMS]:
            raise ValueError(
                f"There is no arm {unknown[0]!r}; the arms are {', '.join(sorted(ARMS))}."
            )
        if not self.arms or len(set(self.arms)) < len(self.arms):
            raise ValueError(f"A study needs arms, each named once, but got {list(self.arms)}.")
        if not self.annotation_counts or min(self.annotation_counts) < 1:
            raise ValueError(
                f"annotation_counts must be numbers of at least 1, but got "
                f"{list(self.annotation_counts)}."
            )
        if (without := [name for name in self.arms if ARMS[name].uses_gan]) and not self.gans:
            raise ValueError(
                f"The arm {without[0]} needs a GAN to be fitted, but gans is empty: name at least "
                f"one, e.g. gans=(GanSpec(),), or leave the arm out."
            )

    @property
    def search_draw(self) -> int:
        """The draw of the search; `confirm` never uses it again."""
        return 0

    @property
    def search_count(self) -> int:
        """Annotated images in the search."""
        return max(self.annotation_counts)

    @property
    def draws(self) -> tuple[int, ...]:
        """The draws of `confirm`."""
        return tuple(range(1, self.confirm_draws + 1))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of `confirm`; the search uses 0."""
        return tuple(range(1, self.confirm_seeds + 1))

    @property
    def pool_size(self) -> int:
        """Samples in every pool made without a GAN: as many as the first GAN generates."""
        return self.gans[0].pool_size if self.gans else ExtraSpec().pool_size

    def setup(self, segmenter: str) -> Setup:
        """How one segmenter is built, trained and placed."""
        return self.setups.get(segmenter) or Setup(segmenter=FAMILIES[segmenter].settings())

    def with_setups(self, **setups: Setup) -> "Study":
        """The same study with other setups of these segmenters."""
        return dataclasses.replace(self, setups={**self.setups, **setups})

    @property
    def segmenters(self) -> list[str]:
        """The segmenters that its arms use, and those whose setup is not the default."""
        used = {ARMS[name].segmenter for name in self.arms}
        return [name for name in FAMILIES if name in used or self._is_set_up(name)]

    def _is_set_up(self, segmenter: str) -> bool:
        usual = Setup(segmenter=FAMILIES[segmenter].settings())
        own = self.setup(segmenter)
        return dataclasses.replace(own, cpus=usual.cpus, gpus=usual.gpus) != usual

    @property
    def hash(self) -> str:
        """Identifies all that decides the study's numbers, and nothing about where it runs."""
        fields = to_dict(self)
        for segmenter in self.segmenters:
            fields[segmenter] = _deciding(fields[segmenter])
        return hash_flat(fields)


def _deciding(setup: dict[str, Any]) -> dict[str, Any]:
    """The parts of a setup that decide numbers, in the form hashed since before LoRA's rank, which
    is 0 here, became a field of the training: see `with_lora_of_before`."""
    training = {name: value for name, value in setup["training"].items() if name != "lora_rank"}
    segmenter = setup["segmenter"]
    if "backbone" in segmenter:
        segmenter = segmenter | {"lora_rank": 0}
    kept = {name: value for name, value in setup.items() if name not in ("cpus", "gpus")}
    return kept | {"training": training, "segmenter": segmenter}


def to_dict(study: Study) -> dict[str, Any]:
    """The study as plain dicts and lists, ready for JSON; each segmenter's setup by its name."""
    setups = {name: dataclasses.asdict(study.setup(name)) for name in study.segmenters}
    fields = {
        entry.name: getattr(study, entry.name)
        for entry in dataclasses.fields(study)
        if entry.name != "setups"
    }
    plain: dict[str, Any] = json.loads(json.dumps(fields | setups, default=dataclasses.asdict))
    return plain
