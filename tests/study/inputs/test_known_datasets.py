"""What published weights have seen, and under which licence they stand."""

from pathlib import PurePath

import pytest

from study.inputs.known_datasets import DATASETS, seen
from trainables.segmenters.cellpose import published as cellpose_published
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.families import FAMILIES, family_of
from trainables.segmenters.published import PublicWeights
from trainables.segmenters.stardist import family as stardist_family
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.trial_spec import SegmenterSettings

CELLPOSE, STARDIST = CellposeSpec(backbone="cpsam"), StardistSpec()
PUBLISHED = cellpose_published.PUBLISHED | stardist_family.PUBLISHED


def known(settings: SegmenterSettings, name: str) -> PublicWeights | None:
    return family_of(settings).weights.known(settings, name)


@pytest.mark.parametrize(
    ("settings", "weights", "dataset", "answer"),
    [
        (CELLPOSE, "cpsam", "dsb2018_fluo", "seen"),
        (CELLPOSE, "/models/cpsam_v2", "LIVECell_train", "seen"),
        (CELLPOSE, "cpsam", "NuInsSeg", "seen"),
        (STARDIST, "2D_versatile_fluo", "BBBC038", "seen"),
        (STARDIST, "2D_versatile_fluo", "NuInsSeg", "unseen"),
        (STARDIST, "2D_versatile_he", "MoNuSeg", "seen"),
        (CELLPOSE, "cpsam", "simulated", "unseen"),
        (CELLPOSE, "cpsam", "usiigaci_phase", "unknown"),
        (CELLPOSE, "mine.pt", "dsb2018_fluo", "unknown"),
        (UnetSpec(), "imagenet", "dsb2018_fluo", "unseen"),
        (UnetSpec(), "cpsam", "dsb2018_fluo", "unknown"),
    ],
)
def test_what_weights_have_seen(
    settings: SegmenterSettings, weights: str, dataset: str, answer: str
) -> None:
    assert seen(known(settings, weights), dataset) == answer


def test_all_weights_name_known_data_sets_and_a_licence() -> None:
    assert len(PUBLISHED) == 5
    for about in PUBLISHED.values():
        assert set(about.trained_on) <= set(DATASETS)
        assert about.licence
    assert "NC" in PUBLISHED["cpsam"].licence
    assert "NC" not in PUBLISHED["2D_versatile_fluo"].licence


@pytest.mark.parametrize(
    ("weights", "encoder", "licence"),
    [
        ("imagenet", "resnet34", "BSD-3-Clause"),
        ("imagenet", "mit_b0", "LicenseRef-NVIDIA-Source-Code-License-NC"),
        ("imagenet", "timm-skresnet18", "unknown"),
        ("imagenet", "", "unknown"),
        ("mine.pt", "resnet34", None),
    ],
)
@pytest.mark.parametrize("family", ["unet", "cellpose"])
def test_the_licence_of_an_encoder_is_that_of_those_who_trained_it(
    family: str, weights: str, encoder: str, licence: str | None
) -> None:
    about = known(FAMILIES[family].settings(encoder=encoder), weights)
    assert (about.licence if about else None) == licence


def test_a_file_of_a_published_model_has_its_licence() -> None:
    about = known(CELLPOSE, str(PurePath("/models/cpsam")))
    assert about is not None
    assert about.licence == "CC-BY-NC-4.0"
