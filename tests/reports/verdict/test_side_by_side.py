"""Several studies side by side: ranks among what all have, and no claim that none supports."""

import math

import pytest

from reports.page.compare_studies import headline
from reports.verdict.side_by_side import side_by_side
from tests.reports.fake_study import ARMS, FakeStudy

OTHER_ORDER = {"unet": 0.9, "unet_copy_paste": 0.7, "unet_gan": 0.8, "cellpose": 0.6}


@pytest.fixture
def two(tmp_path):
    whole = FakeStudy(pictures=False).write(tmp_path / "whole")
    fewer = FakeStudy(arms=ARMS[:4], means=OTHER_ORDER, pictures=False, seed=1)
    return [whole, fewer.write(tmp_path / "fewer")]


def test_ranks_are_among_the_arms_that_all_studies_have(two):
    found = {one.arm: one for one in side_by_side(two).overall}
    # First study, StarDist left out: cellpose 1 ... unet 4; second: unet 1 ... cellpose 4.
    assert found["cellpose"].mean_rank == pytest.approx((1 + 4) / 2)
    assert found["unet"].mean_rank == pytest.approx((4 + 1) / 2)
    assert math.isnan(found["stardist"].mean_rank)
    assert (found["cellpose"].wins, found["unet"].wins, found["stardist"].wins) == (1, 1, 0)
    assert (found["cellpose"].ahead, found["cellpose"].behind) == (1, 1)


def test_studies_of_one_data_set_are_told_apart_by_their_folders(two):
    assert side_by_side(two).names == ("invented cells (whole)", "invented cells (fewer)")


def test_studies_whose_folders_have_one_name_are_numbered(tmp_path, two):
    fewer = FakeStudy(arms=ARMS[:4], means=OTHER_ORDER, pictures=False, seed=1)
    found = side_by_side([two[0], fewer.write(tmp_path / "elsewhere" / "whole")])
    assert found.names == ("invented cells (whole) #1", "invented cells (whole) #2")
    ranks = {one.arm: one.mean_rank for one in found.overall}
    assert ranks["cellpose"] == pytest.approx((1 + 4) / 2)


def test_headline_claims_no_more_than_holds(two):
    assert headline(side_by_side(two)).startswith("No arm has the best mean in all 2 studies")
    same = side_by_side([two[0], two[0]])
    assert headline(same) == "Fine-tuned Cellpose has the best mean in all 2 studies"


def test_a_single_study_is_not_compared(two):
    with pytest.raises(ValueError, match="Two studies or more"):
        side_by_side(two[:1])
