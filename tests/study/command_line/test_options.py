"""Options make a study of a preset; what cannot be is refused in a sentence."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from study.command_line.options import RunOptions, folder_of, study_of
from study.command_line.reading import DatasetOptions
from study.presets import quick
from trainables.spec.gan_spec import paper_gan


def test_options_left_out_keep_the_preset() -> None:
    assert study_of(RunOptions(preset="quick")) == quick()


def test_options_change_what_they_name(tmp_path: Path) -> None:
    options = RunOptions(
        preset="quick",
        dataset=str(tmp_path),
        arms=("unet", "cellpose"),
        annotations=(2, 5),
        draws=7,
        weights=("cellpose=cpsam",),
        seed=3,
    )
    study = study_of(options)

    assert study.arms == ("unet", "cellpose")
    assert study.annotation_counts == (2, 5)
    assert study.draws == (1, 2, 3, 4, 5, 6, 7)
    assert study.data.path == str(tmp_path)
    assert study.setup("cellpose").public_weights == "cpsam"
    assert study.setup("cellpose").segmenter.backbone == "cpsam"
    assert folder_of(options, study) == Path("studies") / f"quick-{tmp_path.name}"


def test_unlabelled_images_and_the_search_for_duplicates_are_of_the_data(tmp_path: Path) -> None:
    study = study_of(
        RunOptions(
            preset="quick",
            reading=DatasetOptions(unlabelled=str(tmp_path), detect_duplicates=False),
        )
    )
    assert study.data.unlabelled == str(tmp_path)
    assert not study.data.detect_duplicates
    assert study_of(RunOptions(preset="quick")).data.detect_duplicates


def test_where_a_study_runs_does_not_change_what_it_is() -> None:
    here = study_of(RunOptions(preset="quick"))
    there = study_of(RunOptions(preset="quick", cpus=4, gpus=0.5))
    assert here.hash == there.hash
    assert study_of(RunOptions(preset="quick", seed=1)).hash != here.hash


def test_a_file_with_a_study_is_run(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from study.presets import quick\ndef study():\n    return quick()\n")
    assert study_of(RunOptions(preset=str(file))).name == "quick"
    file.write_text("x = 1\n")
    with pytest.raises(ValueError, match=r"must have a function study\(\)"):
        study_of(RunOptions(preset=str(file)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (RunOptions(preset="huge"), "one of quick, small, full, or a Python file"),
        (RunOptions(preset="quick", arms=("unet", "magic")), "There is no arm 'magic'"),
        (RunOptions(preset="quick", arms=("unet", "unet")), "each named once"),
        (RunOptions(preset="quick", annotations=(0,)), "at least 1"),
        (RunOptions(preset="quick", draws=0), "confirm_draws must be at least 1"),
    ],
)
def test_what_cannot_be_is_refused(options: RunOptions, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        study_of(options)


def study_command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "study", *words], capture_output=True, text=True, check=False
    )


def test_a_mistake_is_one_sentence_and_exit_status_1(tmp_path: Path) -> None:
    done = study_command(
        "run", "quick", "--dataset", str(tmp_path / "none"), "--out", str(tmp_path / "x")
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("study: ")


def test_a_dry_run_counts_and_runs_nothing(tmp_path: Path) -> None:
    done = study_command("run", "quick", "--dry-run", "--out", str(tmp_path / "s"))
    assert done.returncode == 0, done.stderr
    assert "unet_copy_paste" in done.stdout
    assert "trainings at once on" in done.stdout
    assert not (tmp_path / "s").exists()


def test_no_study_no_report(tmp_path: Path) -> None:
    done = study_command("report", str(tmp_path))
    assert done.returncode == 1
    assert "holds no study" in done.stderr


def test_length_crop_and_encoder_hold_for_every_segmenter() -> None:
    study = study_of(RunOptions(preset="quick", length=1280, crop=64, encoder="resnet34"))
    trainings = [study.setup(name).training for name in ("unet", "cellpose", "stardist")]
    assert {(one.images_seen, one.crop_px) for one in trainings} == {(1280, 64)}
    assert study.setup("unet").segmenter.encoder == "resnet34"
    assert study.setup("cellpose").segmenter.encoder == "resnet34"
    assert study.setup("stardist").segmenter == quick().setup("stardist").segmenter
    assert study.gans == quick().gans
    with pytest.raises(ValueError, match="crop_px must be a multiple of 32, but got 70"):
        study_of(RunOptions(preset="quick", crop=70))
    with pytest.raises(ValueError, match="images_seen must be at least"):
        study_of(RunOptions(preset="quick", length=3))


def test_an_encoder_needs_a_network_that_has_one() -> None:
    assert study_of(RunOptions(preset="quick", encoder="resnet18")) == quick()
    with pytest.raises(ValueError, match="none of stardist, stardist_gan has, and got 'resnet34'"):
        study_of(RunOptions(preset="quick", arms=("stardist", "stardist_gan"), encoder="resnet34"))


def test_a_setup_is_of_the_segmenter_that_it_is_named_for() -> None:
    with pytest.raises(ValueError, match="The setup of cellpose must be one of it, but it is of"):
        quick().with_setups(cellpose=quick().setup("unet"))
    with pytest.raises(ValueError, match="There is no segmenter 'unett'; they are unet"):
        quick().with_setups(unett=quick().setup("unet"))


def test_a_network_with_one_crop_refuses_another() -> None:
    with pytest.raises(ValueError, match="--crop must be 256 for CellposeSpec"):
        study_of(RunOptions(preset="quick", weights=("cellpose=cpsam",), crop=128))


def test_gans_are_the_studys_own_or_their_papers_at_its_size() -> None:
    study = study_of(RunOptions(preset="quick", gans=("spade", "paired")))
    spade, paired = study.gans
    assert paired == quick().gans[0]
    assert spade == paper_gan("spade", images_seen=800, pool_size=48)
    with pytest.raises(ValueError, match="architecture must be one of"):
        study_of(RunOptions(preset="quick", gans=("nogan",)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"weights": ("cpsam",)}, "--weights must be SEGMENTER=TEXT"),
        ({"weights": ("cellpos=cpsam",)}, "with a segmenter of unet, cellpose, stardist"),
        ({"weights": ("cellpose=",)}, "--weights must be SEGMENTER=TEXT"),
        ({"network": ("unet=resnet34", "unet=resnet50")}, "--network must name unet once"),
        ({"network": ("cellpose=big",)}, "The network of Cellpose must be one of cpsam"),
        ({"network": ("stardist=big",)}, "StarDist has one network"),
    ],
)
def test_what_is_no_network_or_weights_is_said(words: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        study_of(RunOptions(preset="quick", **words))


def test_where_and_how_long_changes_nothing_of_what_it_is_but_its_length() -> None:
    whole = quick()
    assert study_of(RunOptions(preset="quick", length=640)).hash == whole.hash
    assert study_of(RunOptions(preset="quick", length=1280)).hash != whole.hash
