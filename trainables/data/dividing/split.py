"""Divides a data set once, by group, and draws the annotated images."""

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainables.data.dividing.duplicates import tie_duplicates
from trainables.data.opening.dataset import Dataset
from trainables.spec.flat import hash_flat
from trainables.spec.randomness import Randomness

VALIDATION_EVERY = 5
"""Of the groups of a draw, the 2nd, 7th, 12th, ... are for validation, the others to train on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotated:
    """The annotated images of one draw, for training and for tuning."""

    training: tuple[str, ...]
    validation: tuple[str, ...]
    one_image: bool
    """Both name the same one image, which `parts_of` cuts in two."""
    shared_group: bool = False
    """All images are of one group, so training and validation could not be kept apart by group."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """A data set's annotation side and test side."""

    annotation_ids: tuple[str, ...]
    """Images that may be annotated, sorted."""
    test_ids: tuple[str, ...]
    """Sealed test images, sorted."""
    groups: dict[str, str]
    """Group of each image of either side and of the unlabelled ones, near-duplicates tied."""
    seed: int
    content_hash: str
    """Hash of the data set's pixels."""
    unlabelled_ids: tuple[str, ...] = ()
    """Images without labels outside the groups of the test side: these may be trained on."""
    tied: int = 0
    """Number of images tied to another image as near-duplicates or crops."""
    dropped: int = 0
    """Images of the annotation side given by the data set that are tied to test images."""
    test_dropped: int = 0
    """Test images given by the data set beyond `max_test_images`."""

    @property
    def annotated_groups(self) -> frozenset[str]:
        """Groups of the images with labels."""
        return frozenset(self.groups[name] for name in (*self.annotation_ids, *self.test_ids))

    @property
    def hash(self) -> str:
        """Names the split: covers the data set's pixels, groups, sides and the seed."""
        return hash_flat(to_json(self))

    def draw(self, *, annotation_count: int, draw: int) -> Annotated:
        """The images that are annotated in one draw; those for a count of 2 are among those for 4.

        Args:
            annotation_count: annotated images, those for validation included.
            draw: which random choice; each fixes an order of all images.

        Raises:
            ValueError: more images are asked for than there are.
        """
        available = len(self.annotation_ids)
        if not 1 <= annotation_count <= available:
            raise ValueError(
                f"annotation_count must be between 1 and {available}, the number of images on "
                f"the annotation side, but got {annotation_count}."
            )
        chosen = self._ordered(draw)[:annotation_count]
        if annotation_count == 1:
            return Annotated(training=chosen, validation=chosen, one_image=True)
        shared = len({self.groups[sample_id] for sample_id in chosen}) == 1
        names = chosen if shared else tuple(self.groups[sample_id] for sample_id in chosen)
        rank = {name: index for index, name in enumerate(dict.fromkeys(names))}
        held_out = [rank[name] % VALIDATION_EVERY == 1 for name in names]
        return Annotated(
            training=_where(chosen, held_out, value=False),
            validation=_where(chosen, held_out, value=True),
            one_image=False,
            shared_group=shared,
        )

    def draw_unlabelled(self, *, annotation_count: int, draw: int, count: int) -> tuple[str, ...]:
        """Images that may be trained on in one draw, but without labels: at most `count`.

        They are drawn from those that have no labels and from the annotation side's images that
        are not annotated in this draw.
        """
        rest = self._ordered(draw)[annotation_count:]
        available = sorted([*rest, *self.unlabelled_ids])
        rng = Randomness(("split", self.seed, draw)).generator("unlabelled")
        return tuple(available[index] for index in rng.permutation(len(available))[:count])

    def _ordered(self, draw: int) -> tuple[str, ...]:
        """Annotation images in random order, the first image of every group before any second."""
        rng = Randomness(("split", self.seed, draw)).generator("order")
        order = [self.annotation_ids[index] for index in rng.permutation(len(self.annotation_ids))]
        seen: Counter[str] = Counter()
        turns = []
        for sample_id in order:
            turns.append(seen[self.groups[sample_id]])
            seen[self.groups[sample_id]] += 1
        return tuple(order[index] for index in np.argsort(turns, kind="stable"))


def split_dataset(
    dataset: Dataset,
    *,
    seed: int,
    test_share: float = 0.3,
    max_test_images: int,
    detect_duplicates: bool = True,
) -> Split:
    """Divides a data set into an annotation side and a test side, never splitting a group.

    Where the data set names test images itself, they are the test side, and images tied to them
    leave the annotation side. Otherwise whole groups are drawn at random for the test side.

    Args:
        dataset: the annotated images.
        seed: fixes the random choice.
        test_share: share of the images for the test side, in (0, 1).
        max_test_images: most images of the test side.
        detect_duplicates: tie near-duplicates and overlapping crops into one group.

    Raises:
        ValueError: no division leaves an image on both sides.
    """
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must be in (0, 1), but got {test_share}.")
    if max_test_images < 1:
        raise ValueError(f"max_test_images must be at least 1, but got {max_test_images}.")
    ids = [entry.id for entry in dataset.entries]
    all_groups, ties = tied_groups(dataset, detect_duplicates=detect_duplicates)
    groups = {sample_id: all_groups[sample_id] for sample_id in ids}
    given = {entry.id for entry in dataset.entries if entry.side == "test"}
    rng = Randomness(("split", seed)).generator("test side")
    if given:
        annotation, test = _given_sides(ids, given, groups)
        kept = sorted(rng.permutation(test)[:max_test_images].tolist())
    else:
        target = max(1, min(round(test_share * len(ids)), max_test_images))
        test = kept = _random_groups(groups, target=target, rng=rng)
        annotation = sorted(set(ids) - set(test))
    _refuse_empty(dataset, annotation, kept, groups)
    unlabelled = unlabelled_beside(test, dataset, all_groups)
    return Split(
        annotation_ids=tuple(annotation),
        test_ids=tuple(kept),
        groups={name: all_groups[name] for name in sorted([*annotation, *kept, *unlabelled])},
        seed=seed,
        content_hash=dataset.content_hash,
        unlabelled_ids=unlabelled,
        tied=len({sample_id for tie in ties for sample_id in tie}),
        dropped=len(ids) - len(annotation) - len(test),
        test_dropped=len(test) - len(kept),
    )


def tied_groups(
    dataset: Dataset, *, detect_duplicates: bool
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Group of every image, with labels or without, and the pairs of images that were tied."""
    ids = [*(entry.id for entry in dataset.entries), *dataset.unlabelled]
    ties = []
    if detect_duplicates:
        ties = list(tie_duplicates(ids, read=dataset.read_pixels, pixels_of=dataset.pixels_of))
    return merged_groups({name: dataset.group_of(name) for name in ids}, ties), ties


def unlabelled_beside(
    test: Sequence[str], dataset: Dataset, groups: dict[str, str]
) -> tuple[str, ...]:
    """The images without labels that belong to no group of the test side, sorted.

    Args:
        test: ids of the images on the test side.
        dataset: whose images they are.
        groups: of every image, with labels or without.
    """
    of_test = {groups[sample_id] for sample_id in test}
    return tuple(sorted(name for name in dataset.unlabelled if groups[name] not in of_test))


def merged_groups(groups: dict[str, str], ties: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Group of each sample after the groups of tied samples are merged.

    Args:
        groups: sample id to group.
        ties: pairs of sample ids that belong together.

    Returns:
        Sample id to group; merged groups have the name that sorts first.
    """
    parent = {group: group for group in groups.values()}

    def root(group: str) -> str:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for first, second in ties:
        low, high = sorted((root(groups[first]), root(groups[second])))
        parent[high] = low
    return {sample_id: root(group) for sample_id, group in groups.items()}


def to_json(split: Split) -> dict[str, Any]:
    """The split as plain values, for a JSON file."""
    return json.loads(json.dumps(dataclasses.asdict(split)))


def from_json(values: dict[str, Any]) -> Split:
    """Reads what `to_json` made."""
    names = ("annotation_ids", "test_ids", "unlabelled_ids")
    lists = {name: tuple(values[name]) for name in names if name in values}
    return Split(**(values | lists))


def _given_sides(
    ids: Sequence[str], given: set[str], groups: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Annotation side and test side; images tied to the second are in neither."""
    of_test = {groups[sample_id] for sample_id in given}
    return sorted(name for name in ids if groups[name] not in of_test), sorted(given)


def _random_groups(groups: dict[str, str], *, target: int, rng: np.random.Generator) -> list[str]:
    """Images of random whole groups, `target` of them or as close below as the groups allow."""
    members = defaultdict(list)
    for sample_id, group in groups.items():
        members[group].append(sample_id)
    names = sorted(members)
    order = [names[index] for index in rng.permutation(len(names))]
    chosen: list[str] = []
    for name in order:
        if len(chosen) + len(members[name]) <= target:
            chosen += members[name]
    if not chosen and len(order) > 1:
        chosen = members[min(order, key=lambda name: len(members[name]))]
    return sorted(chosen)


def _refuse_empty(
    dataset: Dataset, annotation: Sequence[str], test: Sequence[str], groups: dict[str, str]
) -> None:
    if annotation and test:
        return
    count = len(set(groups.values()))
    raise ValueError(
        f"A study needs images on both sides, but the {len(groups)} annotated images of "
        f"{dataset.name} are of {count} group{'s' if count > 1 else ''} and leave "
        f"{len(annotation)} to annotate and {len(test)} to test on (images "
        f"that are copies or crops of one field count as one group): add images of other sources, "
        f"or name finer groups (group_pattern)."
    )


def _where(ids: tuple[str, ...], flags: list[bool], *, value: bool) -> tuple[str, ...]:
    return tuple(sample_id for sample_id, flag in zip(ids, flags, strict=True) if flag == value)
