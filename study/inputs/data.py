"""The study's data sets: opened, split once, and kept with the study."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from study.design import SIMULATED, DataOptions, Study
from study.inputs.simulated import simulated_source, simulated_target
from study.inputs.splits import fitted, kept_splits
from study.plan import SOURCE_DRAW
from study.store import Store
from trainables.data.dividing.split import Split
from trainables.data.layouts.layouts import open_dataset
from trainables.data.opening.dataset import Dataset
from trainables.spec.trial_spec import Spec, unlabelled_count

EXAMPLES = 6
"""Test images shown in the report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyData:
    """A data set and how it is divided."""

    dataset: Dataset
    splits: tuple[Split, ...]
    """One, or one for each fold."""

    @property
    def split(self) -> Split:
        """The only split, or the first fold."""
        return self.splits[0]

    @property
    def example_ids(self) -> tuple[str, ...]:
        """Test images for the report's pictures, evenly spaced by name: not chosen by score."""
        ids = self.split.test_ids
        places = np.linspace(0, len(ids) - 1, min(EXAMPLES, len(ids))).round().astype(int)
        return tuple(ids[place] for place in places)


def open_main(study: Study, *, folder: Path, store: Store) -> StudyData:
    """The data set of the study, split into annotation and test side, or into folds.

    Args:
        folder: the study's own folder; simulated images are written below it.
        store: keeps the split, so that a resumed study need not look for duplicates again.

    Raises:
        ValueError: no study can run on the data set, or it has fewer images than the study
            annotates.
    """
    dataset = _open(study.data, simulate=lambda: simulated_target(folder, seed=study.seed))
    splits = kept_splits(study, dataset, store)
    count = fitted(study, splits).search_count
    for split in splits:
        split.draw(annotation_count=count, draw=study.search_draw)
    return StudyData(dataset=dataset, splits=splits)


def open_source(study: Study, *, channels: int, folder: Path) -> StudyData:
    """The second annotated data set, on which the transfer arms' weights are trained.

    All its images may be used for training: nothing is ever tested on it.

    Args:
        channels: of the main data set; simulated images get as many.
    """
    dataset = _open(
        study.source,
        simulate=lambda: simulated_source(
            folder, count=study.source_images, channels=channels, seed=study.seed
        ),
    )
    ids = tuple(sorted(entry.id for entry in dataset.entries))
    split = Split(
        annotation_ids=ids,
        test_ids=(),
        groups={entry.id: entry.group for entry in dataset.entries},
        seed=study.seed,
        content_hash=dataset.content_hash,
    )
    return StudyData(dataset=dataset, splits=(split,))


def source_count(study: Study, source: StudyData) -> int:
    """Number of annotated images of the source that are used."""
    return min(study.source_images, len(source.split.annotation_ids))


def needed_ids(split: Split, *, counts: Sequence[int], draws: Sequence[int]) -> tuple[str, ...]:
    """The annotated images of some counts and draws, which are sent to the trials."""
    ids: dict[str, None] = {}
    for count in counts:
        for draw in draws:
            annotated = split.draw(annotation_count=count, draw=draw)
            ids |= dict.fromkeys((*annotated.training, *annotated.validation))
    return tuple(ids)


def needed_unlabelled_ids(
    split: Split, specs: Iterable[Spec], *, counts: Sequence[int], draws: Sequence[int]
) -> tuple[str, ...]:
    """The images that some training of these counts and draws uses without labels.

    Args:
        split: of the data set, or one of its folds.
        specs: the trainings; each draw takes as many images as any of them uses.
        counts: numbers of annotated images.
        draws: random choices of them.
    """
    most = max(map(unlabelled_count, specs), default=0)
    ids: dict[str, None] = {}
    for count in counts:
        for draw in draws:
            some = split.draw_unlabelled(annotation_count=count, draw=draw, count=most)
            ids |= dict.fromkeys(some)
    return tuple(ids)


def touched_ids(
    split: Split, specs: Iterable[Spec], *, counts: Sequence[int], draws: Sequence[int]
) -> tuple[str, ...]:
    """The images that some training may touch, with labels or without; none is on the test side.

    Args:
        split: as in `needed_unlabelled_ids`, like the other arguments.
    """
    ids = needed_ids(split, counts=counts, draws=draws)
    others = needed_unlabelled_ids(split, specs, counts=counts, draws=draws)
    return tuple(dict.fromkeys((*ids, *others)))


def source_ids(study: Study, source: StudyData) -> tuple[str, ...]:
    """The images of the source that are sent to the trials."""
    count = source_count(study, source)
    return needed_ids(source.split, counts=[count], draws=[SOURCE_DRAW])


def describe(data: StudyData) -> dict[str, Any]:
    """What the report says about a data set."""
    entries = data.dataset.entries
    diameters = [entry.diameter_px for entry in entries if entry.cells]
    return {
        "name": data.dataset.name,
        "path": str(data.dataset.path),
        "layout": data.dataset.layout,
        "images": len(entries),
        "cells": sum(entry.cells for entry in entries),
        "median_diameter_px": float(np.median(diameters)) if diameters else float("nan"),
        "channels": data.dataset.channels,
        "dtypes": sorted({entry.dtype for entry in entries}),
        "conversions": data.dataset.conversions,
        "groups": len(data.split.annotated_groups),
        "sizes": sorted({f"{entry.width}x{entry.height}" for entry in entries}),
        "um_per_px": next((entry.um_per_px for entry in entries if entry.um_per_px), None),
        "unlabelled": len(data.dataset.unlabelled),
        "problems": [
            {name: str(value) for name, value in dataclasses.asdict(problem).items()}
            for problem in data.dataset.problems
        ],
        "content_hash": data.dataset.content_hash,
    }


def describe_splits(splits: tuple[Split, ...]) -> dict[str, Any]:
    """What the report says about the split; for folds, what holds for all of them together."""
    first = splits[0]
    tested = [name for split in splits for name in split.test_ids]
    return {
        "hash": first.hash,
        "hashes": [split.hash for split in splits],
        "annotation_images": min(len(split.annotation_ids) for split in splits),
        "test_images": len(tested),
        "test_groups": len({first.groups[name] for name in tested}),
        "tied": first.tied,
        "dropped": first.dropped,
        "test_dropped": first.test_dropped,
        "unlabelled": min(len(split.unlabelled_ids) for split in splits),
    }


def open_declared(options: DataOptions) -> Dataset:
    """Opens a data set by its absolute path: trainings, which read large images, run elsewhere.

    Raises:
        ValueError: no study can run on it.
    """
    return open_dataset(
        Path(options.path).absolute(),
        layout=options.layout,
        channel=options.channel,
        group_pattern=options.group_pattern,
        plane=options.plane,
        components=options.components,
        unlabelled=Path(options.unlabelled).absolute() if options.unlabelled else None,
    )


def _open(options: DataOptions, *, simulate: Callable[[], Path]) -> Dataset:
    if options.path != SIMULATED:
        return open_declared(options)
    return open_declared(
        dataclasses.replace(DataOptions(), path=str(simulate()), unlabelled=options.unlabelled)
    )
