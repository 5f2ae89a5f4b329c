"""Whether better pools go with larger gains, without being fooled by what differs elsewhere."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from reports.findings.gan_quality import gan_quality, spearman
from reports.findings.integrity import Check, integrity
from reports.load import load_study, trials
from reports.verdict.verdict import decide
from tests.reports.fake_study import FakeStudy
from trainables.spec.gan_spec import GanSpec


def test_without_strata_it_is_spearmans_correlation() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 12))
    estimate, low, high = spearman(x, y, [10] * 12)
    assert estimate == pytest.approx(spearmanr(x, y).statistic)
    assert -1 < low < estimate < high < 1


def test_more_images_alone_do_not_pass_for_a_prediction() -> None:
    """Two counts, far apart in both; within each the order is turned around."""
    x, y = [1, 2, 3, 4, 11, 12, 13, 14], [4, 3, 2, 1, 14, 13, 12, 11]
    assert spearman(x, y, [5] * 4 + [10] * 4)[0] == pytest.approx(-1)
    assert spearman(x, y, [5] * 8)[0] > 0


def test_distances_on_other_features_are_not_ranked_together(tmp_path: Path) -> None:
    """On Inception distances are far larger here; that alone must not change the correlation."""
    same, larger, unmarked = (
        kid_correlation(tmp_path / name, factor=factor, marked=marked)
        for name, factor, marked in (("a", 1, True), ("b", 100, True), ("c", 100, False))
    )
    assert larger == pytest.approx(same)
    assert unmarked != pytest.approx(same)


def kid_correlation(folder: Path, *, factor: float, marked: bool) -> float:
    """That of `unet_gan`, where the fits of even draws were measured on Inception."""
    FakeStudy(draws=tuple(range(1, 13)), pictures=False, search_trials=1).write(folder)
    for path in (folder / "results").iterdir():
        result = json.loads(path.read_text())
        spec = json.loads(result["spec"]) if isinstance(result["spec"], str) else result["spec"]
        if spec["stage"] == "fit_gans" and spec["data.draw"] % 2 == 0:
            result["synthesis"]["kid"] *= factor
            result["synthesis"]["on_inception"] = float(marked)
            path.write_text(json.dumps(result))
    found = gan_quality(load_study(folder))
    return next(one.estimate for one in found if (one.arm, one.measure) == ("unet_gan", "kid"))


def test_gans_that_an_ablation_changed_are_ranked_within_their_draw(tmp_path: Path) -> None:
    """In each draw a larger KID goes with a smaller gain, while whole draws differ the other way.
    Changes of anything else than the GAN, and search trials, are not counted."""
    fake = FakeStudy(ablate=True, noise_sd=0, image_sd=0, draw_sd=0, pictures=False)
    fake.write(tmp_path / "study")
    for draw in fake.draws:
        for width, mean in ((8, 0.6), (12, 0.65), (24, 0.7)):
            spec = fake.spec("ablate", "unet_gan", "unet", "gan", "scratch", draw=draw, seed=1)
            gan = dataclasses.replace(spec.extra, gan=GanSpec(width=width))
            fake.store(
                dataclasses.replace(spec, extra=gan),
                status="completed",
                validation=fake.scores(mean, count=3),
                test=fake.scores(mean + 0.05 * (draw == 3), count=fake.images),
            )
    set_kids(tmp_path / "study", lambda width, draw: 10 * draw - (99 if width == 16 else width))
    found = gan_quality(load_study(tmp_path / "study"))
    kid = next(one for one in found if (one.arm, one.measure) == ("unet_gan", "kid"))
    assert kid.pairs == 3 * (1 + 3)
    assert kid.estimate == pytest.approx(-1)


def set_kids(folder: Path, kid: Callable[[int, int], float]) -> None:
    for path in (folder / "results").iterdir():
        result = json.loads(path.read_text())
        if result["spec"]["stage"] == "fit_gans":
            spec = result["spec"]
            result["synthesis"]["kid"] = kid(spec["gan.width"], spec["data.draw"])
            path.write_text(json.dumps(result))


def test_empty_pools_and_a_judge_that_could_not_judge_are_told(tmp_path: Path) -> None:
    folder = FakeStudy(pictures=False, search_trials=1).write(tmp_path / "study")
    assert pools_check(folder).state == "good"
    change_first_fit(folder, kept=0, judge_validation_f1=0.02)
    found = pools_check(folder)
    assert found.state == "note"
    assert "3 of 4 pools as large as asked for, 1 empty" in found.found
    assert "in 1 fit the segmenter that filters found next to nothing" in found.found


def pools_check(folder: Path) -> Check:
    study = load_study(folder)
    return next(check for check in integrity(study, decide(study)) if check.name == "GAN pools")


def change_first_fit(folder: Path, **numbers: float) -> None:
    first = trials(load_study(folder), stage="fit_gans")[0]
    path = folder / "results" / f"{first.trial_id}.json"
    raw = json.loads(path.read_text())
    raw["synthesis"] |= numbers
    path.write_text(json.dumps(raw))
