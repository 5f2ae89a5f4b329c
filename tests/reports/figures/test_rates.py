"""The picture of learning rates by depth shows the schedules of the configurations chosen."""

import dataclasses

import pytest

from reports.figures.figures import looks
from reports.figures.rates import draw_rates, fine_tuning_rates
from reports.load import load_study, trials
from tests.reports.fake_study import FakeStudy
from trainables.spec.evolve import evolve


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Its arms cellpose and stardist are fine-tuned: 1600 images seen, at most 1e-3."""
    return load_study(FakeStudy(pictures=False).write(tmp_path_factory.mktemp("rates") / "study"))


def confirmed_with(study, arm, **training):
    """The study with other settings in the confirm trainings of one arm."""
    changes = {f"training.{name}": value for name, value in training.items()}
    own = {one.trial_id for one in trials(study, stage="confirm", arm=arm)}
    assert own
    results = [
        dataclasses.replace(one, spec=evolve(one.spec, changes)) if one.trial_id in own else one
        for one in study.results
    ]
    return dataclasses.replace(study, results=tuple(results))


def test_only_the_fine_tuned_arms_are_shown(study):
    shown = fine_tuning_rates(study)
    assert [one.arm for one in shown] == ["cellpose", "stardist"]
    for one in shown:
        assert one.images_seen[-1] == 1600
        assert all(max(rates) == pytest.approx(1e-3, rel=1e-3) for rates in one.by_depth.values())


def test_an_arm_that_is_not_trained_has_no_learning_rate(study):
    shown = fine_tuning_rates(confirmed_with(study, "cellpose", images_seen=0))
    assert [one.arm for one in shown] == ["stardist"]


def test_lines_are_those_of_the_confirmed_schedule(study):
    changed = confirmed_with(
        study, "stardist", schedule="gradual_unfreezing", unfreezing=0.5, decay="constant"
    )
    stardist = fine_tuning_rates(changed)[1]
    rates = dict(zip(stardist.images_seen, stardist.by_depth["input"], strict=True))
    # The input is frozen for half of the 1600 images, the middle of the encoder (0.25) until
    # 0.5 * (1 - 0.25) of them, which is 600; the head never is.
    assert {rate for seen, rate in rates.items() if seen < 800} == {0.0}
    assert {rate for seen, rate in rates.items() if seen >= 800} == {1e-3}
    frozen = stardist.by_depth["mid encoder"].count(0.0)
    assert stardist.images_seen[frozen] == 600
    assert 0.0 not in stardist.by_depth["head"]


def test_every_arm_has_a_panel_with_a_line_for_each_depth(study):
    shown = fine_tuning_rates(confirmed_with(study, "cellpose", schedule="discriminative"))
    figure = draw_rates(shown, looks(study.arms))
    assert [axes.get_title(loc="left").split("\n")[0] for axes in figure.axes] == [
        "Fine-tuned Cellpose", "Fine-tuned StarDist",
    ]  # fmt: skip
    for axes, one in zip(figure.axes, shown, strict=True):
        drawn = {line.get_label(): tuple(line.get_ydata()) for line in axes.get_lines()}
        assert drawn == one.by_depth
    heights = [max(line.get_ydata()) for line in figure.axes[0].get_lines()]
    assert heights == sorted(heights)
    assert heights[0] == pytest.approx(1e-4, rel=1e-3)
