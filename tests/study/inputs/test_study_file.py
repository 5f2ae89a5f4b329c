"""What the study writes about itself is what the report reads of it."""

import dataclasses

import pytest

from reports.facts import Arm, Facts, read_facts
from study.design import ARMS, DataOptions, Study
from study.factors import Factor
from study.inputs.data import StudyData, open_main
from study.inputs.simulated import write_folder
from study.inputs.study_file import describe_design, write_study_file
from study.presets import quick
from study.store import Store
from tests.conftest import discs

STUDY = dataclasses.replace(
    quick(),
    arms=("unet", "unet_gan", "cellpose", "cellpose_zero_shot"),
    annotation_counts=(4, 2),
    confirm_draws=2,
    confirm_seeds=3,
    search_trials=5,
    search_device_seconds=70.0,
    ablate=(Factor(field="training.learning_rate", levels=(0.5,), relative=True),),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, StudyData, Facts]:
    folder = tmp_path_factory.mktemp("study_file")
    samples = [discs(f"s{n:02}", seed=n, group=f"well{n // 2}") for n in range(12)]
    write_folder(folder / "cells", samples)
    options = DataOptions(path=str(folder / "cells"), detect_duplicates=False)
    study, store = dataclasses.replace(STUDY, data=options, folds=3), Store(folder / "study")
    data = open_main(study, folder=folder, store=store)
    write_study_file(
        study,
        study,
        data=data,
        source=None,
        weight_hashes={"cellpose": "a1"},
        command="study run mine.py",
        store=store,
    )
    return study, data, read_facts(folder / "study" / "study.json")


def test_the_design_is_read_as_it_was_declared(written: tuple[Study, StudyData, Facts]) -> None:
    study, data, facts = written
    design = facts.design
    assert (facts.name, facts.hash, facts.command) == ("quick", study.hash, "study run mine.py")
    assert facts.created_at > 0
    assert design.arms == tuple(
        Arm(
            name=name,
            segmenter=ARMS[name].segmenter,
            extra_data=ARMS[name].extra_data,
            initial_weights=ARMS[name].initial_weights,
            is_trained=name != "cellpose_zero_shot",
        )
        for name in study.arms
    )
    assert (design.annotation_counts, design.folds) == ((2, 4), len(data.splits))
    assert (design.confirm_draws, design.confirm_seeds) == ((1, 2), (1, 2, 3))
    assert (design.search_trials, design.device_seconds_ceiling) == (5, 70.0)
    (factor,) = design.ablate
    assert (factor.field, factor.is_relative) == ("training.learning_rate", True)
    assert not facts.detects_duplicates
    assert "torch" in facts.environment


def test_the_design_says_of_every_arm_whether_it_is_trained() -> None:
    """Not by its name alone, as in studies of before."""
    arms = describe_design(STUDY, folds=1)["arms"]
    assert [arm["is_trained"] for arm in arms] == [True, True, True, False]


def test_data_and_split_are_read_as_they_are(written: tuple[Study, StudyData, Facts]) -> None:
    _, data, facts = written
    entries, split = data.dataset.entries, facts.split
    assert facts.dataset.images == len(entries) == 12
    assert facts.dataset.cells == sum(entry.cells for entry in entries)
    assert facts.dataset.median_diameter_px > 0
    assert facts.dataset.um_per_px != facts.dataset.um_per_px
    assert facts.dataset.content_hash == data.dataset.content_hash
    assert split.hashes == tuple(one.hash for one in data.splits)
    assert len(split.hashes) == 3
    assert split.hash == split.hashes[0]
    assert split.test_images == 12
    assert [(one.arm, one.origin, one.sha256) for one in facts.weights] == [
        ("cellpose", "source", "a1"),
        ("cellpose_zero_shot", "source", "a1"),
    ]
    assert facts.warnings
