"""The verdict claims what the trainings show, and nothing more."""

import dataclasses
import json

import numpy as np
import pytest

from reports.facts import Arm
from reports.findings.findings import find
from reports.load import load_study, trials
from reports.statistics.intervals import interval
from reports.statistics.scores import Scores
from reports.text.narrative import narrate
from reports.verdict.aggregate import ArmSummary
from reports.verdict.compare import compare, ranked
from reports.verdict.cost import ArmCost, arm_cost, gan_fits_of
from reports.verdict.verdict import choose_winner, decide
from tests.reports.fake_study import TRUE_F1, FakeStudy, image_score
from trainables.results.score_table import score_table
from trainables.spec.evolve import evolve
from trainables.spec.flat import hash_flat
from trainables.wire.result_json import to_json

EQUAL = dict.fromkeys(TRUE_F1, 0.8)


@pytest.fixture
def study_of(tmp_path):
    def write(**options):
        return load_study(FakeStudy(pictures=False, **options).write(tmp_path / "study"))

    return write


def told(study):
    decision = decide(study)
    return narrate(study, decision, find(study, decision))


def test_clear_winner_is_named_with_its_interval_and_model(study_of):
    study = study_of()
    decision = decide(study)
    assert decision.kind == "winner"
    assert decision.winner.arm == "cellpose"
    assert decision.winner.proven
    story = told(study)
    assert story.headline == "Fine-tuned Cellpose is best for these cells"
    assert "95 % interval" in story.paragraph
    assert decision.winner.trial_id in story.take_home[0]


def test_model_is_chosen_by_validation_never_by_test(tmp_path):
    folder = FakeStudy(pictures=False).write(tmp_path / "study")
    confirmed = trials(load_study(folder), stage="confirm", arm="cellpose")
    worst = min(confirmed, key=lambda result: result.test_f1)
    named = zip(worst.validation.sample_ids, worst.validation.groups, strict=True)
    perfect = [image_score(sample_id, group, f1=1.0) for sample_id, group in named]
    changed = dataclasses.replace(worst, validation=score_table(perfect))
    (folder / "results" / f"{worst.trial_id}.json").write_text(to_json(changed))
    assert choose_winner(load_study(folder)).trial_id == worst.trial_id


def test_tie_recommends_the_cheapest_of_those_close_to_the_best(study_of):
    study = study_of(means=EQUAL)
    decision = decide(study)
    assert decision.kind == "tie"
    assert not decision.winner.proven
    assert set(decision.winner.tied_with) == set(TRUE_F1) - {decision.best.arm.name}
    close = [s for s in decision.arms if decision.best.mean_f1 - s.mean_f1 <= 0.02]
    lowest = min(summary.cost.model_device_seconds for summary in close)
    assert decision.summary(decision.winner.arm).cost.model_device_seconds == lowest
    assert "could not be told from" in told(study).paragraph


def test_a_hint_is_told_apart_from_what_could_not_be_told(study_of):
    study = study_of(
        means={name: 0.85 - 0.03 * place for place, name in enumerate(TRUE_F1)}, draw_sd=0.02
    )
    rivals = {one.other: one.reading for one in decide(study).comparisons if one.one == "unet"}
    assert rivals.pop("cellpose") == "unknown"
    assert set(rivals.values()) == {"hint"}
    paragraph = told(study).paragraph
    assert "it could not be told from fine-tuned Cellpose, and that over U-Net + copy-paste" in (
        paragraph
    )
    assert "is a hint that does not stand among so many comparisons" in paragraph


def test_tie_never_recommends_a_cheap_arm_that_scores_far_lower(study_of):
    # Noise so large that 0.14 of F1 cannot be told from chance, yet the cheap arm is not taken.
    study = study_of(draw_sd=0.12, seed=3)
    decision = decide(study)
    assert decision.kind == "tie"
    assert decision.best.mean_f1 - decision.summary(decision.winner.arm).mean_f1 <= 0.02


def test_single_draw_makes_no_claim(study_of):
    study = study_of(draws=(1,))
    decision = decide(study)
    assert decision.kind == "single_draw"
    assert not decision.winner.proven
    assert not any(comparison.distinguishable for comparison in decision.comparisons)
    story = told(study)
    assert "no arm is claimed to be better" in story.paragraph
    assert "settles nothing" in story.headline
    assert any("not the choice of annotated ones" in caveat for caveat in story.caveats)


@pytest.mark.parametrize("stop_after", ["start", "search"])
def test_nothing_confirmed_gives_no_verdict(study_of, stop_after):
    study = study_of(stop_after=stop_after)
    assert choose_winner(study) is None
    assert told(study).headline == "No verdict yet"
    assert any("0 of 15" in caveat for caveat in told(study).caveats)


def test_an_arm_whose_search_failed_does_not_keep_the_study_unfinished(tmp_path):
    """The best arm is never confirmed."""
    folder = FakeStudy(pictures=False).write(tmp_path / "study")
    for result in trials(load_study(folder), stage="confirm", arm="cellpose"):
        (folder / "results" / f"{result.trial_id}.json").unlink()
    assert not decide(load_study(folder)).finished
    broken = {"status": "failed", "reason": "out of memory", "test": score_table()}
    for result in trials(load_study(folder), stage="search", arm="cellpose"):
        path = folder / "results" / f"{result.trial_id}.json"
        path.write_text(to_json(dataclasses.replace(result, **broken)))
    study = load_study(folder)
    assert decide(study).finished
    assert any(
        "3 of 3 confirm trainings, 3 of them since no trial of its search completed; it has no"
        in caveat
        for caveat in told(study).caveats
    )


def test_arm_whose_trainings_all_failed_is_named_and_not_compared(study_of):
    study = study_of(fail_confirm=("stardist",))
    decision = decide(study)
    assert all("stardist" not in (one.one, one.other) for one in decision.comparisons)
    assert any("3 of 3" in caveat and "no score" in caveat for caveat in told(study).caveats)


def test_arm_that_lost_a_training_does_not_lead(tmp_path):
    folder = FakeStudy(pictures=False).write(tmp_path / "study")
    lost = trials(load_study(folder), stage="confirm", arm="cellpose")[0]
    path = folder / "results" / f"{lost.trial_id}.json"
    broken = {"status": "failed", "reason": "out of memory", "test": score_table()}
    path.write_text(to_json(dataclasses.replace(lost, **broken)))
    decision = decide(load_study(folder))
    assert decision.best.arm.name == "stardist"
    assert decision.winner.arm != "cellpose"
    assert "of the arms that lost no training" in told(load_study(folder)).paragraph
    assert decision.kind == "tie"


def test_single_group_of_test_images_makes_no_claim(study_of):
    study = study_of(images=3)
    assert decide(study).kind == "tie"
    assert "belong to one group" in told(study).paragraph
    assert "interval" not in told(study).paragraph


def test_only_one_arm_scored(study_of):
    study = study_of(fail_confirm=("unet", "unet_copy_paste", "unet_gan", "stardist"))
    assert decide(study).kind == "single_arm"
    assert told(study).headline.startswith("Only one arm has results")


def test_weights_that_saw_the_data_are_a_caveat(study_of):
    caveats = told(study_of(dataset="dsb2018 fluo")).caveats
    assert any("2D_versatile_fluo" in caveat and "flatter" in caveat for caveat in caveats)
    assert not any("simulated cells" in caveat for caveat in caveats)


def test_folds_are_a_caveat(study_of):
    whole = study_of()
    folded = evolve(whole.facts, {"design.folds": 3})
    caveats = told(dataclasses.replace(whole, facts=folded)).caveats
    assert any("one of 3 grouped folds" in caveat for caveat in caveats)
    assert not any("folds" in caveat for caveat in told(whole).caveats)


def test_gan_fits_are_charged_once_and_only_to_the_arm_that_used_them(study_of):
    study = study_of()
    costs = {arm.name: arm_cost(study, arm, count=10) for arm in study.arms}
    fits = gan_fits_of(study, trials(study, stage="search", arm="unet_gan"))
    assert len(fits) == 1  # six search trials, one draw, one seed, one GAN
    assert costs["unet_gan"].gan_device_seconds == 42.0
    assert costs["unet_gan"].model_device_seconds == 20.0 + 42.0
    assert costs["unet"].gan_device_seconds == 0
    assert costs["stardist"].search_failed == 1
    assert costs["stardist"].search_pruned == 1
    # 9 + 12 + 15 + 18 + 21 + 24, the pruned and the failed trial included.
    assert costs["stardist"].search_device_seconds == 99.0


def test_a_gan_that_failed_in_the_search_is_charged(tmp_path):
    folder = FakeStudy(pictures=False, stop_after="search", search_trials=1).write(tmp_path / "s")
    (fit,) = trials(load_study(folder), stage="fit_gans")
    lost = dataclasses.replace(
        fit,
        trial_id="lost",
        status="failed",
        spec=evolve(fit.spec, {"gan.architecture": "spade"}),
    )
    (folder / "results" / "lost.json").write_text(to_json(lost))
    study = load_study(folder)
    cost = arm_cost(study, study.arm("unet_gan"), count=10)
    assert (cost.gan_fits, cost.gan_device_seconds) == (2, 84.0)
    assert arm_cost(study, study.arm("unet"), count=10).gan_fits == 0


def test_gan_fits_are_charged_in_a_study_whose_specs_lack_later_fields(tmp_path):
    folder = FakeStudy(pictures=False).write(tmp_path / "study")
    for path in (folder / "results").glob("*.json"):
        raw = json.loads(path.read_text())
        for name in ("gan.width", "extra.gan.width"):
            raw["spec"].pop(name, None)
        raw["trial_id"] = hash_flat(raw["spec"])
        path.unlink()
        path.with_name(f"{raw['trial_id']}.json").write_text(json.dumps(raw))
    study = load_study(folder)
    assert arm_cost(study, study.arm("unet_gan"), count=10).gan_device_seconds == 42.0


@pytest.mark.parametrize("draws", [3, 5, 10])
def test_equal_arms_are_rarely_called_different(draws):
    """All five arms equal: a winner, or any difference, in at most five studies of a hundred."""
    rng = np.random.default_rng(5)
    studies = [compare(_equal_arms(rng, draws=draws), resamples=100) for _ in range(100)]
    assert np.mean([any(one.best_beats_all for one in study) for study in studies]) <= 0.05
    assert np.mean([any(one.distinguishable for one in study) for study in studies]) <= 0.05


def test_two_equal_leaders_are_rarely_separated():
    rng = np.random.default_rng(6)
    lead = {"cellpose": 0.3, "stardist": 0.3}
    studies = [compare(_equal_arms(rng, lead=lead), resamples=100) for _ in range(100)]
    assert np.mean([any(one.best_beats_all for one in study) for study in studies]) <= 0.07


def _equal_arms(rng, *, draws=3, images=20, lead=None) -> list[ArmSummary]:
    """Arms of equal merit, but for a lead, on the same images."""
    difficulty = rng.normal(0, 0.15, images)
    ids = tuple(map(str, range(images)))
    summaries = []
    for name, extra in zip(TRUE_F1, ("none", "copy_paste", "gan", "none", "none"), strict=True):
        luck = rng.normal(0, 0.05, (draws, 1))
        values = 0.5 + difficulty + luck + rng.normal(0, 0.08, (draws, images))
        table = Scores(
            values=values + (lead or {}).get(name, 0.0),
            draws=tuple(range(draws)),
            sample_ids=ids,
            groups=ids,
        )
        pretrained = name in ("cellpose", "stardist")
        summaries.append(
            ArmSummary(
                arm=Arm(
                    name=name,
                    segmenter="unet",
                    extra_data=extra,
                    initial_weights="pretrained" if pretrained else "scratch",
                ),
                planned=draws,
                completed=draws,
                failed=0,
                scores=table,
                f1=interval(table, rng=rng, resamples=2),
                metrics={},
                search_validation_f1=0.9,
                cost=ArmCost(
                    search_completed=1,
                    search_pruned=0,
                    search_failed=0,
                    search_device_seconds=1.0,
                    gan_fits=0,
                    gan_device_seconds=0.0,
                    training_device_seconds=1.0,
                    model_gan_device_seconds=0.0,
                    peak_gib=1.0,
                ),
            )
        )
    assert len(ranked(summaries)) == 5
    return summaries
