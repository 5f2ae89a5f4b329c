import json
import warnings

import pytest

from tests.study.planned_ids import GOLDEN, planned, studies

WANTED = json.loads(GOLDEN.read_text())
STUDIES = dict(studies())


def test_the_same_studies_are_planned_as_before() -> None:
    assert list(STUDIES) == list(WANTED)
    assert len(WANTED) >= 10


@pytest.mark.parametrize("name", STUDIES)
def test_trial_ids_study_hashes_and_search_starts_stay_as_they_are(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert planned(STUDIES[name]) == WANTED[name]
