"""The searcher keeps budgets equal to the trial, waits for what is needed, and never hangs."""

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
from ray.tune.search import Searcher

from study.design import ARMS, Study
from study.events import row_of
from study.place import Place
from study.plan import confirm_tasks, default_spec, search_gans, source_fits
from study.presets import quick
from study.running.searcher import StageSearcher
from study.running.stage import run_stage
from study.store import Store
from tests.study.fakes import SPLITS, Notes, arm_search, ended, journal
from trainables.spec.gan_spec import GanSpec, paper_gan
from trainables.wire.reading import read_spec

STUDY = dataclasses.replace(
    quick(), arms=("unet", "unet_gan", "cellpose"), search_trials=3, search_device_seconds=1e6
)


def searcher(folder: Path, study: Study = STUDY, notes: Notes | None = None) -> StageSearcher:
    storage = journal(folder)
    return StageSearcher(
        [*source_fits(study, SPLITS), *search_gans(study, SPLITS)],
        [arm_search(study, name, storage) for name in study.arms],
        store=Store(folder),
        listener=notes or Notes(),
    )


def drain(search: StageSearcher, store: Store, *, fail: tuple[str, ...] = ()) -> list[str]:
    """Runs everything, one at a time; returns the stage or arm of each training in order."""
    ran = []
    while (suggestion := search.suggest(f"t{len(ran)}")) != Searcher.FINISHED:
        assert suggestion is not None, "nothing runs, yet it waits: it would wait for ever"
        spec = read_spec(suggestion["spec"])
        name = getattr(spec, "arm", "gan")
        status = "failed" if name in fail else "completed"
        store.write_result(ended(spec, seconds=7.0, status=status, reason="why"))
        search.on_trial_complete(f"t{len(ran)}", result={"status": status})
        ran.append(name)
    return ran


def test_every_arm_gets_the_same_number_of_trials(tmp_path: Path) -> None:
    ran = Counter(drain(searcher(tmp_path), Store(tmp_path)))
    assert ran == {"cellpose_source": 1, "gan": 1, "unet": 3, "unet_gan": 3, "cellpose": 3}


def test_arms_wait_for_what_they_need_and_others_do_not(tmp_path: Path) -> None:
    search = searcher(tmp_path)
    specs = [read_spec(search.suggest(f"t{place}")["spec"]) for place in range(5)]

    assert [spec.stage for spec in specs[:2]] == ["fit_sources", "fit_gans"]
    assert [spec.arm for spec in specs[2:]] == ["unet"] * 3
    assert search.suggest("t5") is None

    Store(tmp_path).write_result(ended(specs[1], seconds=50.0))
    search.on_trial_complete("t1", result={})
    spec = read_spec(search.suggest("t6")["spec"])
    assert spec.arm == "unet_gan"


def test_machines_without_a_shared_folder_end_the_stage_with_a_reason(tmp_path: Path) -> None:
    search = searcher(tmp_path)
    spec = read_spec(search.suggest("t0")["spec"])

    search.on_trial_complete("t0", result={"trial": spec.id, "status": "completed"})

    assert search.suggest("t1") == Searcher.FINISHED
    assert "--storage" in search.complaint
    assert not Store(tmp_path).results()


def test_a_gan_is_charged_to_the_arm_that_uses_it(tmp_path: Path) -> None:
    study = dataclasses.replace(STUDY, search_device_seconds=20.0)
    ran = Counter(drain(searcher(tmp_path, study), Store(tmp_path)))

    # A GAN of 7 s and trials of 7 s: 7 + 7 + 7 reach the ceiling of 20; without a GAN three do.
    assert (ran["unet"], ran["unet_gan"]) == (3, 2)


def test_an_arm_whose_gans_used_up_its_budget_still_gets_its_first_trial(tmp_path: Path) -> None:
    study = dataclasses.replace(STUDY, search_device_seconds=5.0)
    ran = Counter(drain(searcher(tmp_path, study), Store(tmp_path)))
    assert (ran["unet"], ran["unet_gan"]) == (1, 1)


def test_a_gan_that_failed_is_charged_as_well(tmp_path: Path) -> None:
    gans = (GanSpec(), paper_gan("spade"))
    study = dataclasses.replace(
        STUDY, arms=("unet_gan",), gans=gans, search_trials=9, search_device_seconds=20.0
    )
    search, store = searcher(tmp_path, study), Store(tmp_path)
    spec = read_spec(search.suggest("failed")["spec"])
    store.write_result(ended(spec, seconds=7.0, status="failed", reason="collapsed"))
    search.on_trial_complete("failed", result={"status": "failed"})
    assert drain(search, store) == ["gan", "unet_gan"]  # 7 + 7 + 7 reach 20


def test_an_arm_whose_need_failed_is_closed(tmp_path: Path) -> None:
    ran = Counter(drain(searcher(tmp_path), Store(tmp_path), fail=("gan",)))
    assert ran["unet_gan"] == 0
    assert ran["unet"] == ran["cellpose"] == 3


def test_confirm_trainings_without_their_gan_are_stored_as_failed(tmp_path: Path) -> None:
    """Two draws, so two GAN fits, of which the first fails; run again, nothing is left to run."""
    store, notes = Store(tmp_path), Notes()
    study = dataclasses.replace(STUDY, confirm_draws=2)
    spec = default_spec(study, ARMS["unet_gan"], SPLITS)
    tasks = confirm_tasks(study, {"unet_gan": ended(spec)})
    search = StageSearcher(tasks, (), store=store, listener=notes)
    fits = [read_spec(search.suggest(f"gan{place}")["spec"]) for place in range(2)]
    for place, (fit, status) in enumerate(zip(fits, ("failed", "completed"), strict=True)):
        reason = "GanCollapsed: all alike\nTraceback"
        store.write_result(ended(fit, status=status, reason=reason))
        search.on_trial_complete(f"gan{place}", result={"status": status})
    assert drain(search, store) == ["unet_gan"]

    trained = [one for one in store.results().values() if one.spec.stage == "confirm"]
    (lost,) = [one for one in trained if one.status == "failed"]
    assert len(trained) == 2
    assert lost.spec.data.draw == fits[0].data.draw
    assert lost.reason == (
        f"Never begun: the GAN fit {fits[0].id}, which it needs, failed: GanCollapsed: all alike"
    )
    assert lost.trial_id in [one.trial_id for one in notes.ended]
    assert not StageSearcher(tasks, (), store=store, listener=notes).remaining


def test_what_failed_before_leaves_nothing_to_run(tmp_path: Path) -> None:
    """A study that was killed between the failure and what follows from it."""
    store = Store(tmp_path)
    study = dataclasses.replace(STUDY, arms=("unet_gan", "cellpose"))
    for task in [*source_fits(study, SPLITS), *search_gans(study, SPLITS)]:
        store.write_result(ended(task.spec, status="failed", reason="why"))
    storage = journal(tmp_path)
    run_stage(
        "search",
        study,
        Place(folder=tmp_path),
        tasks=(),
        arms=[arm_search(study, name, storage) for name in study.arms],
        inputs=lambda: pytest.fail("nothing is left to run, so no image need be read"),
        listener=Notes(),
    )


def test_an_arm_goes_on_with_the_gans_that_did_not_fail(tmp_path: Path) -> None:
    """The first of one architecture and the only one of another, which has a setting that it does
    not use, fail; run again after a trial."""
    gans = (
        GanSpec(),
        paper_gan("spade", mix_weight=1.0),
        GanSpec(mask_source="annotated"),
        paper_gan("pix2pix"),
    )
    study = dataclasses.replace(STUDY, arms=("unet_gan",), gans=gans, search_trials=8)
    search, store = searcher(tmp_path, study), Store(tmp_path)
    for place, status in enumerate(("failed", "failed", "completed", "completed")):
        spec = read_spec(search.suggest(f"gan{place}")["spec"])
        store.write_result(ended(spec, status=status, reason="collapsed"))
        search.on_trial_complete(f"gan{place}", result={"status": status})
    spec = read_spec(search.suggest("first")["spec"])
    store.write_result(ended(spec))
    search.on_trial_complete("first", result={"status": "completed"})
    assert drain(searcher(tmp_path, study), store) == ["unet_gan"] * 7

    trained = sorted(
        (one for one in store.results().values() if one.spec.stage == "search"),
        key=lambda one: one.trial_id != spec.id,
    )
    used = [one.trial.extra.gan for one in trained]
    assert used[0] == gans[2]
    assert set(used) == {gans[2], gans[3]}


def test_what_has_ended_is_not_run_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = searcher(tmp_path)
    for place in range(4):
        spec = read_spec(first.suggest(f"t{place}")["spec"])
        store.write_result(ended(spec))
        first.on_trial_complete(f"t{place}", result={})
    interrupted = read_spec(first.suggest("t4")["spec"])
    before = set(store.results())

    second = searcher(tmp_path)
    spec_ids = []
    while (suggestion := second.suggest(f"u{len(spec_ids)}")) != Searcher.FINISHED:
        spec = read_spec(suggestion["spec"])
        store.write_result(ended(spec))
        second.on_trial_complete(f"u{len(spec_ids)}", result={})
        spec_ids.append(spec.id)

    assert not before & set(spec_ids)
    assert interrupted.id in spec_ids
    counts = Counter(row_of(result) for result in store.results().values())
    assert [counts[arm] for arm in STUDY.arms] == [3, 3, 3]
    assert searcher(tmp_path).remaining == {}


def test_stopped_and_lost_trials_are_kept_with_their_curves(tmp_path: Path) -> None:
    notes = Notes()
    study = dataclasses.replace(STUDY, arms=("unet",))
    search = searcher(tmp_path, study, notes)
    step = {"device_seconds": 2.0, "validation_f1": 0.3, "loss": 1.0}
    search.suggest("a")
    search.suggest("b")
    search.on_trial_result("a", {"images_seen": 100, **step})
    search.on_trial_complete("a", result={"images_seen": 200, **step, "device_seconds": 4.0})
    search.on_trial_complete("b", error=True)

    stopped, lost = notes.ended
    assert (stopped.status, lost.status) == ("pruned", "failed")
    assert [progress.images_seen for progress in stopped.progress] == [100, 200]
    assert stopped.cost is not None
    assert stopped.cost.device_seconds == 4.0
    assert "process was lost" in lost.reason
    kept = Store(tmp_path).result(stopped.trial_id)
    assert kept is not None
    assert kept.progress == stopped.progress


def test_a_full_disk_stops_the_stage_and_leaves_the_training_to_be_run_again(
    tmp_path: Path,
) -> None:
    study = dataclasses.replace(STUDY, arms=("unet",))
    search = searcher(tmp_path, study)
    spec = read_spec(search.suggest("a")["spec"])
    search.on_trial_complete("a", result={"trial": spec.id, "complaint": "The disk is full"})

    assert search.complaint == "The disk is full"
    assert search.suggest("b") == Searcher.FINISHED
    assert Store(tmp_path).results() == {}
    assert read_spec(searcher(tmp_path, study).suggest("c")["spec"]).id == spec.id
