"""How a study divides its data: once, or by grouped folds where the images are too few.

With few annotated images, a test side of a third of them could not tell arms apart. Each image is
then tested once: the study is run once for each fold, *nested* (Varma & Simon 2006,
doi:10.1186/1471-2105-7-91). Each fold has its own search, on the images of its own annotation side
alone, so no configuration was chosen with an image that it is tested on, and every score comes
from an image that its model and configuration never saw. The price is as many searches as there
are folds. The folds measure the whole procedure from annotated images to a model; their
configurations may differ, and the report says so.
"""

import dataclasses
import json

from study.design import ALWAYS, Study
from study.store import Store
from trainables.data.dividing import split as splitting
from trainables.data.dividing.folds import fold_dataset
from trainables.data.dividing.split import Split, split_dataset
from trainables.data.opening.dataset import Dataset

SPLIT_FILE = "split.json"
"""Where the store keeps the split, or the folds."""


def kept_splits(study: Study, dataset: Dataset, store: Store) -> tuple[Split, ...]:
    """The split of the data set, or its folds: made once and kept with the study.

    Raises:
        ValueError: the images have changed since, or cannot be divided.
    """
    kept = store.read_text(SPLIT_FILE)
    if kept is None:
        splits = divide(study, dataset)
        store.write_text(SPLIT_FILE, _to_text(splits))
        return splits
    splits = _from_text(kept)
    if splits[0].content_hash != dataset.content_hash:
        raise ValueError(
            f"The images or masks of {dataset.path} have changed since the study began: put "
            f"them back, or begin another study with another --out."
        )
    return splits


def divide(study: Study, dataset: Dataset) -> tuple[Split, ...]:
    """One split, or as many as there are folds.

    Raises:
        ValueError: the images cannot be divided as the study asks.
    """
    if folds_of(study, dataset) > 1:
        return fold_dataset(
            dataset,
            seed=study.seed,
            folds=study.folds,
            detect_duplicates=study.data.detect_duplicates,
        )
    return (
        split_dataset(
            dataset,
            seed=study.seed,
            test_share=study.test_share,
            max_test_images=study.max_test_images,
            detect_duplicates=study.data.detect_duplicates,
        ),
    )


def folds_of(study: Study, dataset: Dataset) -> int:
    """Folds by which the data set is tested, before copies are tied; 1 is a single split.

    A test side that the data set names is kept.

    Raises:
        ValueError: folds were asked for, and the data set names a test side.
    """
    names_test_side = any(entry.side == "test" for entry in dataset.entries)
    if names_test_side and study.folds_below == ALWAYS and study.folds > 1:
        raise ValueError(
            f"Folds test every annotated image, but {dataset.path} names test images of its own: "
            f"leave --folds out, or take the images' sides out of the data set."
        )
    if names_test_side or len(dataset.entries) >= study.folds_below:
        return 1
    groups = {entry.group for entry in dataset.entries}
    return max(1, min(study.folds, len(groups)))


def fitted(study: Study, splits: tuple[Split, ...]) -> Study:
    """The study as its folds allow it: annotation counts are at most what every fold has.

    A study with a single split is left unchanged, so that too large a count is refused.
    """
    if len(splits) == 1:
        return study
    return cut_counts(study, most=min(len(split.annotation_ids) for split in splits))


def cut_counts(study: Study, *, most: int) -> Study:
    """The study with annotation counts of at most `most` images."""
    counts = sorted({min(count, most) for count in study.annotation_counts})
    return dataclasses.replace(study, annotation_counts=tuple(counts))


def _to_text(splits: tuple[Split, ...]) -> str:
    plain = [splitting.to_json(split) for split in splits]
    return json.dumps(plain[0] if len(plain) == 1 else {"folds": plain})


def _from_text(text: str) -> tuple[Split, ...]:
    kept = json.loads(text)
    return tuple(splitting.from_json(one) for one in kept.get("folds", [kept]))
