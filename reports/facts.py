"""What `study.json` says about a study, read once: its design, its data, its weights."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from upath import UPath

from reports.entry import Entry

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """A strategy that the study compares."""

    name: str
    segmenter: str
    extra_data: str
    initial_weights: str
    is_trained: bool = True
    """Whether its segmenter is trained; otherwise its weights are used as they are (zero-shot)."""

    def is_control_of(self, other: "Arm") -> bool:
        """Whether this is the other arm without its extra data."""
        return (
            (self.segmenter, self.initial_weights) == (other.segmenter, other.initial_weights)
            and self.extra_data == "none"
            and self.is_trained
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AblatedFactor:
    """What an ablation varies."""

    field: str
    """Flat field of a spec; for several fields, the prefix of their names."""
    is_relative: bool
    """Whether levels multiply the value that the search chose."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """What the study set out to do."""

    arms: tuple[Arm, ...]
    annotation_counts: tuple[int, ...]
    """Ascending."""
    confirm_draws: tuple[int, ...]
    confirm_seeds: tuple[int, ...]
    folds: int
    """Number of folds; 1 is a single split."""
    ablate: tuple[AblatedFactor, ...]
    search_trials: int
    """Trials of each arm, in each fold."""
    device_seconds_ceiling: float
    """What the search of each arm may spend in each fold; 0 where no ceiling was set."""

    @property
    def confirmed_each(self) -> int:
        """Confirm trainings of an arm at one annotation count, in one fold."""
        return len(self.confirm_draws) * len(self.confirm_seeds)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageProblem:
    """A file of the data set that could not be used as it is."""

    file: str
    what: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetFacts:
    """The data set under study."""

    name: str
    path: str
    layout: str
    images: int
    cells: int
    groups: int
    median_diameter_px: float
    """NaN where no image has cells."""
    um_per_px: float
    """NaN where it is not known."""
    channels: int
    conversions: Mapping[str, int]
    """Number of images converted to these channels, by kind of conversion."""
    dtypes: tuple[str, ...]
    sizes: tuple[str, ...]
    unlabelled: int
    problems: tuple[ImageProblem, ...]
    content_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitFacts:
    """How the images were divided; with folds, what holds for all of them together."""

    hash: str
    """Hash of the first fold."""
    hashes: tuple[str, ...]
    """Hashes of all folds; one for a single split."""
    annotation_images: int
    test_images: int
    test_groups: int
    tied: int
    """Images that are copies of others, or overlapping or adjoining crops."""
    unlabelled: int
    """Images without labels that neither show nor adjoin test images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsFacts:
    """The pretrained weights of one arm."""

    arm: str
    name: str
    origin: str
    """`public`, `source` or `study`."""
    description: str
    licence: str
    seen: str
    """Whether they saw images of this data set: `seen`, `unseen` or `unknown`."""
    sha256: str
    """Empty where it is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Everything in `study.json` that is shown."""

    name: str
    hash: str
    command: str
    created_at: float
    """Unix time in seconds; 0 where it is not known."""
    design: Design
    dataset: DatasetFacts
    split: SplitFacts
    weights: tuple[WeightsFacts, ...]
    detects_duplicates: bool
    """Whether near-duplicate images were looked for."""
    environment: Mapping[str, str] = field(repr=False)
    warnings: tuple[str, ...] = ()


def read_facts(path: Path | UPath) -> Facts:
    """Reads `study.json`. Keys that earlier software did not write take their defaults.

    Raises:
        ValueError: it is not a JSON object, has another schema version, or lacks what
            every version wrote; the error names the file and the key.
    """
    try:
        raw = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} is no whole JSON file ({error}).") from error
    version = raw.get("schema") if isinstance(raw, dict) else None
    if version != SCHEMA_VERSION:
        raise ValueError(
            f"study.json must have schema version {SCHEMA_VERSION}, but {path} has {version}: "
            f"read it with the version of the software that wrote it."
        )
    return _facts(Entry(raw, file=str(path)))


def _facts(about: Entry) -> Facts:
    dataset = _dataset(about.part("dataset"))
    return Facts(
        name=about.text("name"),
        hash=about.text("hash"),
        command=about.text("command"),
        created_at=about.number("created_at", 0.0),
        design=read_design(about.part("design")),
        dataset=dataset,
        split=_split(about.part("split"), unlabelled=dataset.unlabelled),
        weights=tuple(map(_weights, about.parts("weights"))),
        detects_duplicates=about.part("study").part("data").flag("detect_duplicates", True),
        environment=_texts_by_name(about.part("environment")),
        warnings=about.texts("warnings"),
    )


def read_design(design: Entry) -> Design:
    """The design, as `study.json` holds it."""
    return Design(
        arms=tuple(map(_arm, design.parts("arms", needed=True))),
        annotation_counts=tuple(sorted(design.counts("annotation_counts"))),
        confirm_draws=design.counts("confirm_draws"),
        confirm_seeds=design.counts("confirm_seeds"),
        folds=design.count("folds", 1),
        ablate=tuple(map(_factor, design.parts("ablate"))),
        search_trials=design.count("search_trials"),
        device_seconds_ceiling=design.number("device_seconds_ceiling", 0.0),
    )


def _arm(arm: Entry) -> Arm:
    name = arm.text("name")
    return Arm(
        name=name,
        segmenter=arm.text("segmenter"),
        extra_data=arm.text("extra_data", "none"),
        initial_weights=arm.text("initial_weights", "scratch"),
        # Earlier studies show it by the name alone.
        is_trained=arm.flag("is_trained", not name.endswith("_zero_shot")),
    )


def _factor(factor: Entry) -> AblatedFactor:
    return AblatedFactor(field=factor.text("field"), is_relative=factor.flag("relative", False))


def _dataset(data: Entry) -> DatasetFacts:
    conversions = data.part("conversions")
    return DatasetFacts(
        name=data.text("name"),
        path=data.text("path"),
        layout=data.text("layout"),
        images=data.count("images"),
        cells=data.count("cells"),
        groups=data.count("groups"),
        median_diameter_px=data.number("median_diameter_px", math.nan),
        um_per_px=data.number("um_per_px", math.nan),
        channels=data.count("channels"),
        conversions={how: conversions.count(how) for how in conversions.values},
        dtypes=data.texts("dtypes"),
        sizes=data.texts("sizes"),
        unlabelled=data.count("unlabelled", 0),
        problems=tuple(
            ImageProblem(file=one.text("file"), what=one.text("what"), remedy=one.text("remedy"))
            for one in data.parts("problems")
        ),
        content_hash=data.text("content_hash"),
    )


def _split(split: Entry, *, unlabelled: int) -> SplitFacts:
    first = split.text("hash")
    return SplitFacts(
        hash=first,
        hashes=split.texts("hashes") or (first,),
        annotation_images=split.count("annotation_images"),
        test_images=split.count("test_images"),
        test_groups=split.count("test_groups"),
        tied=split.count("tied", 0),
        unlabelled=split.count("unlabelled", unlabelled),
    )


def _weights(weights: Entry) -> WeightsFacts:
    return WeightsFacts(
        arm=weights.text("arm"),
        name=weights.text("name"),
        origin=weights.text("origin"),
        description=weights.text("description", ""),
        licence=weights.text("licence", ""),
        seen=weights.text("seen", "unknown"),
        sha256=weights.text("sha256", ""),
    )


def _texts_by_name(entry: Entry) -> dict[str, str]:
    return {name: entry.text(name, "") for name in entry.values}
