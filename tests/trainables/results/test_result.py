"""Results go to JSON and come back the same, NaN included."""

import dataclasses
import json
import math
from typing import Any

import pytest

from tests.specs import trial_of
from trainables.results.image_score import Counts, ImageScore
from trainables.results.result import Cost, Progress, TrialResult
from trainables.results.score_table import score_table
from trainables.spec.flat import flatten
from trainables.spec.gan_spec import GanSpec
from trainables.spec.trial_spec import GanFitSpec
from trainables.wire.result_json import from_json, head_from_json, to_json


def counts(found: int, wrong: int, missed: int) -> Counts:
    return Counts(
        threshold=0.5,
        true_positives=found,
        false_positives=wrong,
        false_negatives=missed,
        matched_iou=0.8 * found,
    )


def score(found: int, wrong: int, missed: int) -> ImageScore:
    return ImageScore(
        sample_id="a",
        group="g",
        counts=(counts(found, wrong, missed),),
        counts_without_border=(),
        aji=0.1,
        aji_plus=0.2,
        dice=0.3,
        true_cells=found + missed,
        predicted_cells=found + wrong,
        splits=0,
        merges=1,
    )


def test_a_result_comes_back_from_json() -> None:
    result = TrialResult(
        trial_id="abc",
        spec=trial_of("confirm"),
        status="completed",
        progress=(Progress(images_seen=8, device_seconds=1.5, validation_f1=0.25, loss=math.inf),),
        thresholds={"interior": 0.5},
        validation=score_table([score(3, 1, 1)]),
        test=score_table([score(2, 0, 0), score(0, 0, 0)]),
        cost=Cost(
            device_seconds=0.1 + 0.2,
            training_seconds=0.1,
            started_at=1.0,
            ended_at=2.0,
            peak_gib=0.5,
            device="cpu",
        ),
    )

    assert from_json(to_json(result)) == result


def test_f1_is_the_mean_over_images_and_one_where_nothing_is_there() -> None:
    # 2*3 / (2*3 + 1 + 1) = 0.75; two empty images agree: 1.0
    assert score(3, 1, 1).f1 == 0.75
    assert score(0, 0, 0).f1 == 1.0
    result = TrialResult(
        trial_id="a",
        spec=trial_of("search"),
        status="completed",
        test=score_table([score(3, 1, 1), score(0, 0, 0)]),
    )
    assert result.test_f1 == 0.875
    assert math.isnan(result.validation_f1)


def test_another_schema_is_refused() -> None:
    raw = json.loads(to_json(TrialResult(trial_id="a", spec=trial_of("search"), status="failed")))
    raw["schema"] = 99
    with pytest.raises(ValueError, match="schema version 1 or 2, but this one has 99"):
        from_json(json.dumps(raw))


def test_head_is_read_from_the_first_line_alone() -> None:
    result = TrialResult(
        trial_id="a",
        spec=trial_of("search"),
        status="completed",
        validation=score_table([score(3, 1, 1)]),
        test=score_table([score(3, 1, 1)]),
    )
    first, rest = to_json(result).split("\n", maxsplit=1)
    head = head_from_json([first, "what follows is never read"])
    assert (head.trial_id, head.status, head.validation_f1) == ("a", "completed", 0.75)
    assert head.device_seconds == 0.0
    assert "sample_id" not in first
    assert "sample_id" in rest
    in_one_line = json.dumps(
        {k: v for k, v in json.loads(to_json(result)).items() if k != "validation_f1"}
    )
    assert from_json(in_one_line) == result
    assert head_from_json([in_one_line]) == head


def test_a_result_of_schema_version_1_is_read() -> None:
    images = [score(3, 1, 1), dataclasses.replace(score(0, 0, 0), aji=math.nan)]
    result = TrialResult(
        trial_id="a",
        spec=trial_of("confirm"),
        status="completed",
        progress=(Progress(images_seen=8, device_seconds=1.5, validation_f1=0.25, loss=math.inf),),
        validation=score_table(images[:1]),
        test=score_table(images),
    )
    raw = json.loads(to_json(result)) | {"schema": 1}
    raw |= {"validation": [_version_1(images[0])], "test": [_version_1(image) for image in images]}
    assert from_json(json.dumps(raw)) == result
    head = {name: value for name, value in raw.items() if name not in ("validation", "test")}
    assert head_from_json([json.dumps(head)[:-1] + ",", '"test": []}']).validation_f1 == 0.75


def _version_1(image: ImageScore) -> dict[str, Any]:
    """An image as it was stored, before and after the breakdown by size of cell."""
    raw = dataclasses.asdict(image)
    assert raw["by_size"] == ()
    return {name: value for name, value in raw.items() if name != "by_size"}


def test_the_file_holds_the_spec_flat() -> None:
    result = TrialResult(trial_id="a", spec=trial_of("search"), status="failed")
    raw = json.loads(to_json(result))
    assert raw["spec"]["data.draw"] == 0
    assert raw["spec"] == flatten(result.spec)


def test_a_spec_of_before_takes_the_defaults_of_later_fields() -> None:
    result = TrialResult(trial_id="a", spec=trial_of("search"), status="failed")
    raw = json.loads(to_json(result))
    for name in ("training.averaging", "threshold_tries", "extra.gan"):
        del raw["spec"][name]
    assert from_json(json.dumps(raw)) == result


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"training.zoom": 0.5}, "its spec cannot be read: zoom must be at least 1"),
        ({"training.zoom": "wide"}, "its spec cannot be read: .*not supported"),
        ({"training.speed": 1}, "its spec cannot be read: TrainingSpec has no 'speed'"),
    ],
)
def test_a_spec_that_cannot_be_is_refused(change: dict[str, Any], said: str) -> None:
    raw = json.loads(to_json(TrialResult(trial_id="a", spec=trial_of("search"), status="failed")))
    raw["spec"] |= change
    with pytest.raises(ValueError, match=said):
        from_json(json.dumps(raw))
    with pytest.raises(ValueError, match=said):
        head_from_json([json.dumps(raw)])


def test_a_trial_and_a_gan_fit_are_not_taken_for_each_other() -> None:
    spec = trial_of("search")
    fit = GanFitSpec(study_seed=0, seed=0, data=spec.data, gan=GanSpec())
    trial, fitted = (TrialResult(trial_id="a", spec=one, status="failed") for one in (spec, fit))
    assert (trial.trial, fitted.gan_fit) == (spec, fit)
    assert from_json(to_json(fitted)) == fitted
    with pytest.raises(ValueError, match="a is a GAN fit, which has no arm"):
        fitted.trial  # noqa: B018
    with pytest.raises(ValueError, match="a is a trial of the stage search, no GAN fit"):
        trial.gan_fit  # noqa: B018
