"""The images of one draw, as a study would choose them."""

import json
from pathlib import Path

from trainables.data.dividing.split import Split, from_json, split_dataset, to_json
from trainables.data.layouts.layouts import open_dataset
from trainables.data.trial_data import TrialData

TEST_IMAGES = 24


def split_once(dataset: Path, folder: Path) -> Split:
    """The split of a data set, looked for once (that takes a while) and kept in a folder."""
    file = folder / f"split_{dataset.name}.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        split = split_dataset(open_dataset(dataset), seed=0, max_test_images=TEST_IMAGES)
        file.write_text(json.dumps(to_json(split)))
    return from_json(json.loads(file.read_text()))


def trial_data(dataset: Path, split: Split, *, count: int, draw: int) -> TrialData:
    """All images of a draw, read."""
    read, chosen = open_dataset(dataset).read, split.draw(annotation_count=count, draw=draw)
    return TrialData(
        training=[read(one) for one in chosen.training],
        validation=[read(one) for one in chosen.validation],
        test=[read(one) for one in split.test_ids],
    )
