"""Studies ready to run: functions that return a `Study`, to be read and copied.

Your own study is a Python file with a function `study() -> Study`, run with
`study run my_study.py`.
"""

import dataclasses
from collections.abc import Sequence

from study.design import Setup, Study
from study.factors import ABLATION, Factor
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.gan_spec import ARCHITECTURES, GanSpec, paper_gan
from trainables.spec.training_spec import TrainingSpec


def quick() -> Study:
    """Five arms at ten annotated images, sized for two cores of a laptop.

    Command: `study run quick [--dataset FOLDER]`
    Cost: about 11 minutes on 2 free cores that multiply bfloat16, an estimated half an hour on
    those that do not; far more on busy ones.
    Expected: a ranking with wide intervals; it shows how a study goes, and which arms are far
    behind. Close arms are not told apart: that is what `small` and `full` are for.
    """
    training = TrainingSpec(images_seen=640, evaluations=4, batch_size=4)
    return Study(
        name="quick",
        arms=("unet", "unet_copy_paste", "unet_gan", "cellpose", "stardist"),
        annotation_counts=(10,),
        confirm_draws=3,
        search_trials=3,
        search_device_seconds=400.0,
        max_test_images=24,
        folds=3,
        setups={
            "unet": Setup(segmenter=UnetSpec(), training=training, gpus=0.25),
            "cellpose": Setup(segmenter=CellposeSpec(), training=training, gpus=0.25),
            "stardist": Setup(segmenter=StardistSpec(), training=training, gpus=0.25),
        },
        gans=(GanSpec(images_seen=800, pool_size=48),),
        source_images_seen=1600,
    )


def small() -> Study:
    """Ten arms at three annotation counts, for a night on a workstation.

    Command: `study run small --dataset FOLDER`
    Cost: see `study run small --dry-run`; on a CPU, days: meant for a GPU or a small cluster.
    Expected: learning curves, and differences of about 0.05 in F1 told apart.
    """
    return dataclasses.replace(
        _on_gpus(
            images_seen=24_000, crop_px=256, architectures=("paired", "spade", "oasis", "joint")
        ),
        name="small",
        annotation_counts=(2, 5, 10),
        confirm_draws=4,
        search_trials=12,
        search_device_seconds=4 * 3600.0,
        max_test_images=100,
    )


def full() -> Study:
    """Ten arms at five annotation counts, for a cluster.

    Command: `study run full --dataset FOLDER --address auto --storage s3://bucket/study`
    Cost: see `study run full --dry-run`.
    Expected: learning curves with enough draws and seeds to tell small differences apart.
    """
    return dataclasses.replace(
        _on_gpus(images_seen=80_000, crop_px=256, architectures=tuple(ARCHITECTURES)),
        name="full",
        annotation_counts=(1, 2, 5, 10, 20),
        confirm_draws=6,
        confirm_seeds=2,
        search_trials=40,
        search_device_seconds=24 * 3600.0,
        max_test_images=400,
    )


def _on_gpus(*, images_seen: int, crop_px: int, architectures: Sequence[str]) -> Study:
    training = TrainingSpec(images_seen=images_seen, evaluations=12, batch_size=16, crop_px=crop_px)
    encoder = "resnet34"
    gans = tuple(
        paper_gan(architecture, width=48, images_seen=images_seen, crop_px=crop_px, pool_size=400)
        for architecture in architectures
    )
    return Study(
        name="gpus",
        arms=(
            "unet",
            "unet_copy_paste",
            "unet_gan",
            "unet_transfer",
            "cellpose_scratch",
            "cellpose",
            "cellpose_gan",
            "stardist_scratch",
            "stardist",
            "stardist_gan",
        ),
        setups={
            "unet": Setup(segmenter=UnetSpec(encoder=encoder), training=training, gpus=0.5),
            "cellpose": Setup(segmenter=CellposeSpec(encoder=encoder), training=training, gpus=0.5),
            "stardist": Setup(segmenter=StardistSpec(filters=64), training=training, gpus=0.5),
        },
        gans=gans,
        source_images=400,
        source_images_seen=2 * images_seen,
        threshold_tries=40,
        ablate=(Factor(field="extra.gan", levels=(*gans, *_unpaired(gans))), *ABLATION),
    )


def _unpaired(gans: tuple[GanSpec, ...]) -> list[GanSpec]:
    """The GANs that can learn from images without labels, each given some."""
    unpaired = [gan for gan in gans if not ARCHITECTURES[gan.architecture].needs_pairs]
    return [dataclasses.replace(gan, unlabelled_images=64) for gan in unpaired]


PRESETS = {"quick": quick, "small": small, "full": full}
