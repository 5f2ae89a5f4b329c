"""Grouped folds: where images are too few for a test side, each is still tested once."""

from collections import defaultdict

import numpy as np

from trainables.data.dividing.split import Split, tied_groups, unlabelled_beside
from trainables.data.opening.dataset import Dataset
from trainables.spec.randomness import Randomness


def fold_dataset(
    dataset: Dataset, *, seed: int, folds: int, detect_duplicates: bool = True
) -> tuple[Split, ...]:
    """Divides a data set several times, so that every annotated image is in one test side.

    Each fold is a split like any other, with a hash of its own: what is trained on its
    annotation side never saw a group of its test side.

    Args:
        dataset: the annotated images; a test side that it names is ignored.
        seed: fixes the random choice.
        folds: at least 2; fewer are made where there are fewer groups.
        detect_duplicates: tie near-duplicates and overlapping crops into one group.

    Returns:
        The folds, as equal in their number of test images as the groups allow.

    Raises:
        ValueError: all images are of one group.
    """
    if folds < 2:
        raise ValueError(f"folds must be at least 2, but got {folds}.")
    all_groups, ties = tied_groups(dataset, detect_duplicates=detect_duplicates)
    groups = {entry.id: all_groups[entry.id] for entry in dataset.entries}
    if len(set(groups.values())) < 2:
        raise ValueError(
            f"Folds need images of at least 2 groups, but the {len(groups)} annotated images of "
            f"{dataset.name} are of one (images that are copies or crops of one field count as "
            f"one group): add images of other sources, or name finer groups (group_pattern)."
        )
    rng = Randomness(("split", seed)).generator("folds")
    return tuple(
        Split(
            annotation_ids=tuple(sorted(set(groups) - set(test))),
            test_ids=test,
            groups=_groups_of_fold(dataset, all_groups, test),
            seed=seed,
            content_hash=dataset.content_hash,
            unlabelled_ids=unlabelled_beside(test, dataset, all_groups),
            tied=len({sample_id for tie in ties for sample_id in tie}),
        )
        for test in balanced_parts(groups, parts=folds, rng=rng)
    )


def balanced_parts(
    groups: dict[str, str], *, parts: int, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Divides images into parts of whole groups and of nearly equal size.

    Groups are assigned largest first, equal ones in random order, each to the smallest part so far.

    Args:
        groups: image to group.
        parts: largest number of parts; fewer where there are fewer groups.

    Returns:
        The images of each part, sorted.
    """
    members = defaultdict(list)
    for sample_id, group in groups.items():
        members[group].append(sample_id)
    names = sorted(members)
    shuffled = [names[index] for index in rng.permutation(len(names))]
    made: list[list[str]] = [[] for _ in range(min(parts, len(names)))]
    for name in sorted(shuffled, key=lambda name: -len(members[name])):
        min(made, key=len).extend(members[name])
    return [tuple(sorted(part)) for part in made]


def _groups_of_fold(
    dataset: Dataset, all_groups: dict[str, str], test: tuple[str, ...]
) -> dict[str, str]:
    labelled = [entry.id for entry in dataset.entries]
    names = sorted([*labelled, *unlabelled_beside(test, dataset, all_groups)])
    return {name: all_groups[name] for name in names}
