"""The methods section claims what was done, and nothing else."""

import dataclasses

import pytest

from reports.findings.findings import find
from reports.load import Study, load_study, trials
from reports.page.render import write_report
from reports.text.methods import methods
from reports.verdict.verdict import decide
from study import design
from tests.reports.fake_study import FakeStudy
from tests.specs import trial_of
from trainables.spec.evolve import evolve

ARMS = (
    ("unet", "unet", "none", "scratch"),
    ("unet_gan", "unet", "gan", "scratch"),
    ("cellpose", "cellpose", "none", "pretrained"),
)
ENCODERS = (
    ("unet_gan_encoder", "unet", "none", "gan_encoder"),
    ("unet_gan_encoder_again", "unet", "none", "gan_encoder"),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    fake = FakeStudy(arms=ARMS, stop_after="search", search_trials=2, pictures=False)
    return load_study(fake.write(tmp_path_factory.mktemp("methods") / "study"))


def told(study: Study) -> str:
    decision = decide(study)
    return " ".join(methods(study, decision, find(study, decision)).paragraphs)


def with_gan(study: Study, **settings: object) -> Study:
    """The study with its GANs fitted with other settings."""
    changed = {f"gan.{name}": value for name, value in settings.items()}
    fits = [
        dataclasses.replace(fit, spec=evolve(fit.spec, changed))
        for fit in trials(study, stage="fit_gans")
    ]
    others = [one for one in study.results if one.spec.stage != "fit_gans"]
    return dataclasses.replace(study, results=(*fits, *others))


def test_gan_data_are_told_as_they_were_made(study):
    usual = told(study)
    assert "conditional GANs (pix2pix for few images [" in usual
    assert "of the same draw alone, and kept where a segmenter" in usual

    unlabelled = told(with_gan(study, architecture="cyclegan", unlabelled_images=20))
    assert "of the same draw, some with training images without labels, and kept" in unlabelled
    assert "alone" not in unlabelled
    assert "conditional GANs (CycleGAN [" in unlabelled

    joint = told(with_gan(study, architecture="joint"))
    assert "conditional" not in joint
    assert "found their masks again" in joint

    unfiltered = told(with_gan(study, consistency_floor=0.0))
    assert "of the same draw alone." in unfiltered


def test_near_duplicates_that_were_not_sought_are_not_claimed(study):
    assert "near-duplicates were kept on one side" in told(study)
    unasked = dataclasses.replace(study.facts, detects_duplicates=False)
    assert "near-duplicates were not sought" in told(dataclasses.replace(study, facts=unasked))


def test_arms_with_an_encoder_are_counted(tmp_path, monkeypatch):
    another = dataclasses.replace(design.ARMS["unet_gan_encoder"], name=ENCODERS[1][0])
    monkeypatch.setitem(design.ARMS, another.name, another)
    for number, words in ((1, "One arm started"), (2, "2 arms started")):
        fake = FakeStudy(arms=(*ARMS, *ENCODERS[:number]), stop_after="start")
        assert words in told(load_study(fake.write(tmp_path / str(number))))


def test_ablation_is_still_to_come_only_where_one_was_planned(tmp_path):
    folder = FakeStudy(stop_after="start").write(tmp_path / "study")
    assert "No ablation was run." in write_report(folder).read_text()
    planned = FakeStudy(stop_after="start", ablate=True).write(tmp_path / "planned")
    assert "No ablation was run yet." in write_report(planned).read_text()


def test_the_training_on_a_source_is_said_to_be_charged_to_no_arm(study):
    assert "charged to no arm" not in told(study)
    fit = next(one for one in study.results if one.spec.stage == "fit_gans")
    source = dataclasses.replace(
        fit, trial_id="source", spec=trial_of("fit_sources", arm="cellpose_source")
    )
    assert source.cost is not None
    cost = dataclasses.replace(source.cost, device_seconds=90.0)
    twice = (dataclasses.replace(source, cost=cost), dataclasses.replace(source, cost=cost))
    text = told(dataclasses.replace(study, results=(*study.results, *twice)))
    assert "declared as given, as published weights are: its 3.0 min of device time" in text
