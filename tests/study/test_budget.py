"""A budget leaves out what does not fit, in the stated order, and never draws below three."""

import dataclasses

import pytest

from study import estimate as estimate_module
from study.budget import ORDER, read_budget, scale_to, scaled_before
from study.design import Study
from study.estimate import (
    SLOWNESS_WITHOUT_BFLOAT16,
    device_seconds,
    planned_rows,
    planned_specs,
    slowness_here,
    wall_seconds,
)
from study.factors import ABLATION
from study.presets import PRESETS, quick
from trainables.spec.trial_spec import GanFitSpec

STUDY = dataclasses.replace(
    quick(),
    arms=("unet", "unet_gan"),
    annotation_counts=(2, 5, 10),
    ablate=ABLATION[:2],
    confirm_draws=5,
    confirm_seeds=2,
    search_trials=6,
)


def estimate(study: Study) -> float:
    """Numbers that can be added up by hand: each of them is as many seconds."""
    return (
        1000 * len(study.ablate)
        + 100 * len(study.annotation_counts)
        + 10 * study.confirm_seeds
        + 1 * study.search_trials
        + 0.1 * study.confirm_draws
    )


def scaled(seconds: float) -> Study:
    return scale_to(STUDY, budget_seconds=seconds, estimate=estimate)


@pytest.mark.parametrize(
    ("budget", "left"),
    [
        # All of it is 2000 + 300 + 20 + 6 + 0.5 = 2326.5.
        (2326.5, (2, (2, 5, 10), 2, 6, 5)),
        (2326.0, (1, (2, 5, 10), 2, 6, 5)),
        (1000.0, (0, (2, 5, 10), 2, 6, 5)),
        (300.0, (0, (5, 10), 2, 6, 5)),
        (120.0, (0, (10,), 1, 6, 5)),
        (113.5, (0, (10,), 1, 3, 5)),
        (113.3, (0, (10,), 1, 3, 3)),
    ],
)
def test_the_order_is_kept(budget: float, left: tuple[object, ...]) -> None:
    study = scaled(budget)
    assert estimate(study) <= budget
    assert (
        len(study.ablate),
        study.annotation_counts,
        study.confirm_seeds,
        study.search_trials,
        study.confirm_draws,
    ) == left


def test_what_was_left_out_is_told_once_each() -> None:
    study = scaled(113.3)
    assert study.budget_seconds == 113.3
    assert study.left_out == (
        "ablation of extra.ratio, extra.gan.mask_source",
        "annotation counts 2, 5",
        "seeds: 1 in place of 2",
        "search trials: 3 in place of 6",
        "draws: 3 in place of 5",
    )
    assert len(ORDER) == len(study.left_out)
    assert scaled(1e6).left_out == ()


def test_a_study_that_has_begun_keeps_what_it_was_cut_to() -> None:
    begun = scaled(113.5)
    again = scaled_before(STUDY, budget_seconds=113.5, study_hash=begun.hash)
    assert again == begun
    other = dataclasses.replace(STUDY, confirm_draws=4)
    for study, budget in ((STUDY, 113.4), (other, 113.5)):
        assert scaled_before(study, budget_seconds=budget, study_hash=begun.hash) is None


def test_draws_below_three_are_the_users_to_give_up() -> None:
    with pytest.raises(ValueError, match=r"with 3 draws .*--draws"):
        scaled(113.2)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400), ("8h", 28800), ("2d", 172800), ("1.5h", 5400)]
)
def test_budgets_are_read(text: str, seconds: float) -> None:
    assert read_budget(text) == seconds


@pytest.mark.parametrize("text", ["8", "h", "-1h", "0h", "8 hours", ""])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="8h"):
        read_budget(text)


def test_a_real_estimate_is_cut_to_the_budget() -> None:
    def hours(study: Study) -> float:
        return wall_seconds(planned_rows(study), slots=2)

    whole = dataclasses.replace(STUDY, arms=quick().arms)
    study = scale_to(whole, budget_seconds=3600.0, estimate=hours)
    assert hours(study) <= 3600.0 < hours(whole)
    assert study.confirm_draws >= 3


def test_the_estimate_of_a_quick_study_is_what_one_took() -> None:
    # Simulated cells on two cores: 735 s by the clock, 1296 device-seconds of trainings.
    rows = planned_rows(quick())
    assert sum(row.device_seconds for row in rows) == pytest.approx(1296, rel=0.15)
    assert wall_seconds(rows, slots=2) == pytest.approx(735, rel=0.1)


def test_a_slow_processor_makes_all_of_it_longer() -> None:
    usual, slow = planned_rows(quick()), planned_rows(quick(), slowness=2.0)
    assert [row.device_seconds for row in slow] == [2 * row.device_seconds for row in usual]


def test_a_processor_without_bfloat16_is_a_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate_module, "processor_flags", lambda: "flags : avx2")
    assert slowness_here() == SLOWNESS_WITHOUT_BFLOAT16 > 1
    monkeypatch.setattr(estimate_module, "processor_flags", lambda: "flags : avx512_bf16")
    assert slowness_here() == 1


def test_folds_repeat_all_but_the_sources() -> None:
    once = {(row.stage, row.name): row.trainings for row in planned_rows(quick())}
    folded = {(row.stage, row.name): row.trainings for row in planned_rows(quick(), folds=3)}
    assert folded == {key: n if key[0] == "fit_sources" else 3 * n for key, n in once.items()}


def test_the_ablation_is_counted_without_gans_that_confirm_has_fitted() -> None:
    specs = planned_specs(STUDY)["ablate"]
    fits = [spec for spec in specs if isinstance(spec, GanFitSpec)]
    # Of unet_gan: six other ratios, and three other sources of masks, whose GANs are others.
    assert len(specs) - len(fits) == (6 + 3) * 3
    assert len(fits) == 3 * 3


def test_every_preset_is_counted_and_a_gpu_is_not_claimed() -> None:
    for preset in PRESETS.values():
        study = preset()
        stages = {row.stage for row in planned_rows(study)}
        assert ("ablate" in stages) == bool(study.ablate)
    confirm = planned_specs(quick())["confirm"][-1]
    assert device_seconds(confirm, test_images=100) > device_seconds(confirm, test_images=1)
