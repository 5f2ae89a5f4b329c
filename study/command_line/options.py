"""The options of `study run`, and the study they make from a preset."""

import dataclasses
import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from study.command_line.reading import DatasetOptions, absolute
from study.command_line.setups import SetupWishes, by_segmenter, changed_setups
from study.design import ALWAYS, DataOptions, Study
from study.factors import read_factor
from trainables.spec.gan_spec import GanSpec, paper_gan


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Runs a study, or resumes the one in the folder.

    Options left out keep the preset's values.
    """

    preset: Annotated[Positional[str], arg(metavar="quick|small|full|FILE.py")]
    """quick, small, full, or a Python file with a function study() that returns a Study."""
    dataset: Annotated[str | None, arg(metavar="TEXT")] = None
    """Folder or file of annotated images; without it, cells are simulated."""
    out: Annotated[Path | None, arg(metavar="FOLDER")] = None
    """The study's folder; without it, studies/<preset>-<dataset>."""
    arms: Annotated[tuple[str, ...] | None, arg(metavar="ARM ...")] = None
    """Arms to compare."""
    annotations: Annotated[tuple[int, ...] | None, arg(metavar="N ...")] = None
    """Annotated images an arm may touch, validation included; several for a learning curve."""
    draws: Annotated[int | None, arg(metavar="N")] = None
    """Random choices of the annotated images on which each arm is confirmed."""
    seeds: Annotated[int | None, arg(metavar="N")] = None
    """Trainings on each draw."""
    ablate: Annotated[tuple[str, ...] | None, arg(metavar="FIELD=LEVEL,LEVEL")] = None
    """Factors varied one at a time from each arm's best configuration; empty: no ablation."""
    trials: Annotated[int | None, arg(metavar="N")] = None
    """Configurations tried for each arm."""
    device_seconds: Annotated[float | None, arg(metavar="X")] = None
    """Ceiling of device-seconds for each arm in the search."""
    test_images: Annotated[int | None, arg(metavar="N")] = None
    """Test images scored, at most."""
    folds: Annotated[int | None, arg(metavar="N")] = None
    """Test every annotated image once, by N grouped folds, however many there are; 1: never."""
    source: Annotated[str | None, arg(metavar="TEXT")] = None
    """Second annotated data set, for training the transfer arms' weights; or `simulated`."""
    weights: Annotated[tuple[str, ...] | None, arg(metavar="SEGMENTER=TEXT ...")] = None
    """In place of source weights: a published model by name (cellpose=cpsam,
    stardist=2D_versatile_fluo, unet=imagenet), a file or folder of one, or another study (its
    folder, or FOLDER:ARM). For networks that are first trained on the source, such as
    cellpose=imagenet with --network cellpose=mediar: where that training starts."""
    network: Annotated[tuple[str, ...] | None, arg(metavar="SEGMENTER=NAME[:ENCODER] ...")] = None
    """A segmenter's network: for cellpose compact, mediar (SegFormer's encoder; mediar:mit_b5 is
    the paper's, for a GPU), cpsam (its own ViT), or cpdino (where dinov3 is installed); for unet
    the name of an encoder, e.g. unet=resnet50."""
    encoder: Annotated[str | None, arg(metavar="NAME")] = None
    """Encoder of every network that has one, by its name in segmentation-models-pytorch."""
    length: Annotated[int | None, arg(metavar="CROPS")] = None
    """Crops shown in each training; those for GANs and on the source stay as they are."""
    crop: Annotated[int | None, arg(metavar="PX")] = None
    """Side of the crops that segmenters are trained on."""
    gans: Annotated[tuple[str, ...] | None, arg(metavar="ARCHITECTURE ...")] = None
    """GANs that arms with GAN data choose among, e.g. paired spade; each is fitted once."""
    reading: DatasetOptions = field(default_factory=DatasetOptions)
    budget: Annotated[str | None, arg(metavar="TIME")] = None
    """Time available on this machine (90m, 8h, 2d): the study is cut to it, in a stated order."""
    seed: Annotated[int | None, arg(metavar="N")] = None
    """Seed of the whole study."""
    cpus: Annotated[int | None, arg(metavar="N")] = None
    """Cores a training takes."""
    gpus: Annotated[float | None, arg(metavar="X")] = None
    """Share of a GPU a training takes, on machines that have any."""
    concurrency: int = 0
    """Trainings at once; 0 is as many as fit."""
    address: str = ""
    """Ray cluster to run on (`auto` for the one this machine belongs to)."""
    storage: str = ""
    """Folder that all machines of a cluster can reach, e.g. s3://bucket/study."""
    tracking_uri: str = ""
    """MLflow server or database; empty: a database in the study's folder."""
    dry_run: bool = False
    """Print the plan and its cost, without running anything."""


SIZES = ("width", "images_seen", "batch_size", "crop_px", "pool_size")
"""Fields of a GAN that a study sets for all of its GANs."""


def study_of(options: RunOptions) -> Study:
    """The study that the options describe.

    Raises:
        ValueError: there is no such preset, or an option is out of range.
    """
    study = _preset(options.preset)
    if options.arms is not None:
        study = dataclasses.replace(study, arms=options.arms)
    changes: dict[str, Any] = {
        "annotation_counts": options.annotations,
        "confirm_draws": options.draws,
        "confirm_seeds": options.seeds,
        "ablate": None if options.ablate is None else tuple(map(read_factor, options.ablate)),
        "search_trials": options.trials,
        "search_device_seconds": options.device_seconds,
        "max_test_images": options.test_images,
        "folds": options.folds,
        "folds_below": ALWAYS if options.folds else None,
        "seed": options.seed,
        "data": options.reading.applied_to(study.data, path=options.dataset),
        "source": _source(options, study),
        "gans": _gans(options, study),
        "setups": changed_setups(study, _wishes(options)),
    }
    return dataclasses.replace(study, **_given(changes))


def _wishes(options: RunOptions) -> SetupWishes:
    return SetupWishes(
        weights=by_segmenter(options.weights or (), option="--weights"),
        networks=by_segmenter(options.network or (), option="--network"),
        encoder=options.encoder,
        training=_given({"images_seen": options.length, "crop_px": options.crop}),
        places=_given({"cpus": options.cpus, "gpus": options.gpus}),
    )


def folder_of(options: RunOptions, study: Study) -> Path:
    """The study's folder: the one named, or one named after the preset and the data set."""
    if options.out:
        return options.out
    return Path("studies") / f"{study.name}-{Path(study.data.path).resolve().name}"


def _preset(name: str) -> Study:
    from study.presets import PRESETS

    if name in PRESETS:
        return PRESETS[name]()
    file = Path(name)
    if file.suffix != ".py" or not file.is_file():
        raise ValueError(
            f"The study must be one of {', '.join(PRESETS)}, or a Python file, but got {name!r}."
        )
    return _study_in(file)


def _study_in(file: Path) -> Study:
    module_spec = importlib.util.spec_from_file_location(file.stem, file)
    assert module_spec is not None
    assert module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    study = module.study() if hasattr(module, "study") else None
    if not isinstance(study, Study):
        raise ValueError(
            f"{file} must have a function study() that returns a study.design.Study; "
            f"study/presets.py has three to copy."
        )
    return study


def _source(options: RunOptions, study: Study) -> DataOptions:
    return dataclasses.replace(study.source, **_given({"path": absolute(options.source)}))


def _gans(options: RunOptions, study: Study) -> tuple[GanSpec, ...] | None:
    """The study's own GAN of each architecture, else the paper's at the size of its first GAN."""
    if options.gans is None:
        return None
    own = {gan.architecture: gan for gan in reversed(study.gans)}
    size = study.gans[0] if study.gans else GanSpec()
    sizes = {name: getattr(size, name) for name in SIZES}
    return tuple(own.get(name) or paper_gan(name, **sizes) for name in options.gans)


def _given(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if value is not None}
