"""Lists of what is in the store, where some of it is missing."""

import csv
import dataclasses

from reports.columns import Table, write_csv
from reports.load import load_study, trials
from reports.tables.store_tables import gan_fits
from tests.reports.fake_study import FakeStudy


def test_fit_without_a_pool_leaves_its_numbers_empty(tmp_path):
    arms = (("unet_gan", "unet", "gan", "scratch"),)
    fake = FakeStudy(arms=arms, stop_after="search", search_trials=1, pictures=False)
    study = load_study(fake.write(tmp_path / "study"))
    (fit,) = trials(study, stage="fit_gans")
    broken = dataclasses.replace(fit, status="failed", synthesis={})
    whole = dataclasses.replace(fit, synthesis=fit.synthesis | {"diversity": 0.5})
    # The fit that failed is the first, and has fewer numbers than the other.
    table = Table("gan_fits", (broken, whole), gan_fits((broken, whole)))
    write_csv(tmp_path / "gan_fits.csv", table)
    with (tmp_path / "gan_fits.csv").open() as file:
        failed, made = csv.DictReader(file)
    assert (failed["status"], failed["kept"], failed["kid"], failed["diversity"]) == (
        "failed",
        "",
        "",
        "",
    )
    assert (made["kept"], made["asked"], made["diversity"]) == ("64", "91", "0.5")
    (kept,) = (column for column in table.columns if column.heading == "kept of drawn")
    assert [kept.show(fit) for fit in table.records] == ["– of –", "64 of 91"]


def test_how_each_fit_ended_is_told(tmp_path):
    arms = (("unet_gan", "unet", "gan", "scratch"),)
    fake = FakeStudy(arms=arms, stop_after="search", search_trials=1, pictures=False)
    study = load_study(fake.write(tmp_path / "study"))
    (fit,) = trials(study, stage="fit_gans")

    def ended(*, early: bool, kept: int):
        numbers = {"fit_images_seen": 1800, "stopped_early": early, "kept_at_images_seen": kept}
        return dataclasses.replace(fit, synthesis=fit.synthesis | numbers)

    fits = (
        dataclasses.replace(fit, status="failed", synthesis={}),
        ended(early=True, kept=1200),
        ended(early=False, kept=1200),
        ended(early=False, kept=1800),
        fit,
    )
    (ended_column,) = (column for column in gan_fits(fits) if column.heading == "ended")
    assert [ended_column.show(fit) for fit in fits] == [
        "failed",
        "stopped early at 1,800 crops, weights of 1,200 kept",
        "at 1,800 crops, weights of 1,200 kept",
        "at 1,800 crops",
        "–",
    ]
