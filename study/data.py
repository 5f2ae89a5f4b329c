"""The study's data sets: opened, split once, and kept with the study."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from study.design import SIMULATED, DataOptions, Study
from study.plan import SOURCE_DRAW
from study.simulated import simulated_source, simulated_target
from study.store import Store
from trainables.data import split as splitting
from trainables.data.dataset import Dataset
from trainables.data.layouts import open_dataset
from trainables.data.split import Split, split_dataset

SPLIT_FILE = "split.json"
"""Where the store keeps the split."""
EXAMPLES = 6
"""Test images shown in the report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyData:
    """A data set and its split."""

    dataset: Dataset
    split: Split

    @property
    def example_ids(self) -> tuple[str, ...]:
        """Test images for the report's pictures, evenly spaced by name: not chosen by score."""
        ids = self.split.test_ids
        places = np.linspace(0, len(ids) - 1, min(EXAMPLES, len(ids))).round().astype(int)
        return tuple(ids[place] for place in places)


def open_main(study: Study, *, folder: Path, store: Store) -> StudyData:
    """The data set of the study, split into annotation and test side.

    Args:
        folder: the study's own folder; simulated images are written below it.
        store: keeps the split, so that a resumed study need not look for duplicates again.

    Raises:
        ValueError: no study can run on the data set, or it has fewer images than are to be
            annotated.
    """
    dataset = _open(study.data, simulate=lambda: simulated_target(folder, seed=study.seed))
    split = _kept_split(study, dataset, store)
    for draw in (study.search_draw, *study.draws):
        split.draw(annotation_count=study.search_count, draw=draw)
    return StudyData(dataset=dataset, split=split)


def open_source(study: Study, *, channels: int, folder: Path) -> StudyData:
    """The second annotated data set, on which the transfer arms' weights are trained.

    All its images may be trained on: nothing is ever tested on it.

    Args:
        channels: of the main data set, which simulated images are given too.
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
    return StudyData(dataset=dataset, split=split)


def source_count(study: Study, source: StudyData) -> int:
    """Annotated images of the source that serve."""
    return min(study.source_images, len(source.split.annotation_ids))


def needed_ids(data: StudyData, *, counts: Sequence[int], draws: Sequence[int]) -> tuple[str, ...]:
    """The annotated images of some counts and draws: those that are sent to the trials."""
    ids: dict[str, None] = {}
    for count in counts:
        for draw in draws:
            annotated = data.split.draw(annotation_count=count, draw=draw)
            ids |= dict.fromkeys((*annotated.training, *annotated.validation))
    return tuple(ids)


def source_ids(study: Study, source: StudyData) -> tuple[str, ...]:
    """The images of the source that are sent to the trials."""
    count = source_count(study, source)
    return needed_ids(source, counts=[count], draws=[SOURCE_DRAW])


def unlabelled_ids(data: StudyData) -> tuple[str, ...]:
    """Images without labels that an arm may train on; none is tied to a test image.

    `data.dataset.read` gives each with labels that are all unknown (-1).
    """
    return data.split.unlabelled_ids


def describe(data: StudyData) -> dict[str, Any]:
    """What the report says of a data set."""
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


def describe_split(split: Split) -> dict[str, Any]:
    """What the report says of a split."""
    return {
        "hash": split.hash,
        "annotation_images": len(split.annotation_ids),
        "test_images": len(split.test_ids),
        "test_groups": len({split.groups[sample_id] for sample_id in split.test_ids}),
        "tied": split.tied,
        "dropped": split.dropped,
        "test_dropped": split.test_dropped,
        "unlabelled": len(split.unlabelled_ids),
    }


def _open(options: DataOptions, *, simulate: Callable[[], Path]) -> Dataset:
    unlabelled = Path(options.unlabelled) if options.unlabelled else None
    if options.path == SIMULATED:
        return open_dataset(simulate(), unlabelled=unlabelled)
    return open_dataset(
        Path(options.path),
        layout=options.layout,
        channel=options.channel,
        group_pattern=options.group_pattern,
        plane=options.plane,
        components=options.components,
        unlabelled=unlabelled,
    )


def _kept_split(study: Study, dataset: Dataset, store: Store) -> Split:
    kept = store.read_text(SPLIT_FILE)
    if kept:
        split = splitting.from_json(json.loads(kept))
        if split.content_hash != dataset.content_hash:
            raise ValueError(
                f"The images or masks of {dataset.path} have changed since the study began: put "
                f"them back, or begin another study with another --out."
            )
        return split
    split = split_dataset(
        dataset,
        seed=study.seed,
        test_share=study.test_share,
        max_test_images=study.max_test_images,
        detect_duplicates=study.data.detect_duplicates,
    )
    store.write_text(SPLIT_FILE, json.dumps(splitting.to_json(split)))
    return split
