"""The options of `study run`, and the study they make of a preset."""

import dataclasses
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from study.design import ALWAYS, SIMULATED, Study
from study.factors import read_factor
from trainables.results.model_files import spec_of_model
from trainables.spec.trial_spec import CellposeSpec, is_vit, network_of


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Runs a study, or goes on with the one in the folder.

    Options left out keep what the preset says.
    """

    preset: Annotated[Positional[str], arg(metavar="quick|small|full|FILE.py")]
    """quick, small, full, or a Python file with a function study() that returns a Study."""
    dataset: Annotated[str | None, arg(metavar="TEXT")] = None
    """Folder or file of annotated images; without it, cells are simulated."""
    out: Annotated[Path | None, arg(metavar="FOLDER")] = None
    """The study's folder; studies/<preset>-<dataset> without it."""
    arms: Annotated[tuple[str, ...] | None, arg(metavar="ARM ...")] = None
    """Arms to compare."""
    annotations: Annotated[tuple[int, ...] | None, arg(metavar="N ...")] = None
    """Annotated images an arm may touch, validation included; several for a learning curve."""
    draws: Annotated[int | None, arg(metavar="N")] = None
    """Random choices of the annotated images on which each arm is confirmed."""
    seeds: Annotated[int | None, arg(metavar="N")] = None
    """Trainings on each draw."""
    ablate: Annotated[tuple[str, ...] | None, arg(metavar="FIELD=LEVEL,LEVEL")] = None
    """Factors varied one at a time from each arm's best configuration; nothing: no ablation."""
    trials: Annotated[int | None, arg(metavar="N")] = None
    """Configurations tried for each arm."""
    device_seconds: Annotated[float | None, arg(metavar="X")] = None
    """Ceiling for each arm in the search."""
    test_images: Annotated[int | None, arg(metavar="N")] = None
    """Test images scored, at most."""
    folds: Annotated[int | None, arg(metavar="N")] = None
    """Test every annotated image once, by N grouped folds, however many there are; 1: never."""
    source: Annotated[str | None, arg(metavar="TEXT")] = None
    """Second annotated data set, to train the transfer arms' weights on; or `simulated`."""
    unet_weights: Annotated[str | None, arg(metavar="TEXT")] = None
    """In place of source weights: imagenet, a file of the encoder's weights, or another study
    (its folder, or FOLDER:ARM)."""
    cellpose_weights: Annotated[str | None, arg(metavar="TEXT")] = None
    """In place of source weights: a published model (cpsam), a file of one, or another study. With
    --cellpose-backbone compact or mediar: imagenet, or a file of the encoder's weights, from which
    the training on the source starts."""
    cellpose_backbone: Annotated[str | None, arg(metavar="NAME[:ENCODER]")] = None
    """Cellpose's network: compact, mediar (SegFormer's encoder; mediar:mit_b5 is the paper's, for
    a GPU), cpsam, its own ViT, or cpdino, with a file of its weights, where dinov3 is installed."""
    stardist_weights: Annotated[str | None, arg(metavar="TEXT")] = None
    """In place of source weights: a published model (2D_versatile_fluo, ...), a folder of one, or
    another study."""
    layout: Annotated[str | None, arg(metavar="TEXT")] = None
    """Layout of the data set on disk; recognised without it."""
    channel: Annotated[str | None, arg(metavar="TEXT")] = None
    """Which labels or channels of the data set, where there are several by name."""
    group: Annotated[str | None, arg(metavar="TEXT")] = None
    """Column of index.csv, or regular expression whose first group names what stays together."""
    plane: Annotated[int | None, arg(metavar="N")] = None
    """Plane of multi-page images."""
    components: bool = False
    """Take each connected piece of a binary mask as one cell."""
    unlabelled: Annotated[str | None, arg(metavar="FOLDER")] = None
    """Folder of further images, which are used without labels."""
    detect_duplicates: bool = True
    """Keep copies and overlapping or adjoining crops of one field on one side of the split."""
    budget: Annotated[str | None, arg(metavar="TIME")] = None
    """Time there is on this machine (90m, 8h, 2d): the study is cut to it, in a stated order."""
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
    """Folder that all machines of a cluster reach, e.g. s3://bucket/study."""
    tracking_uri: str = ""
    """MLflow server or database; empty: a database in the study's folder."""
    dry_run: bool = False
    """Print the plan and its cost, and run nothing."""


ENCODERS = {"mediar": "mit_b0"}
"""Encoders of networks that the user named without one: the smallest of SegFormer's, for a CPU."""
CPSAM_TRAINING: dict[str, Any] = {"crop_px": 256, "batch_size": 1, "weight_decay": 0.1}
"""As Cellpose fine-tunes its ViT; 256 is the only crop that its position embedding fits."""


def study_of(options: RunOptions) -> Study:
    """The study that the options describe.

    Raises:
        ValueError: there is no such preset, or an option is out of range.
    """
    study = _preset(options.preset)
    changes: dict[str, Any] = {
        "arms": options.arms,
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
        "data": _data(options, study),
        "source": _source(options, study),
        "unet": _family(options, study, "unet"),
        "cellpose": _family(options, study, "cellpose"),
        "stardist": _family(options, study, "stardist"),
    }
    return dataclasses.replace(study, **_given(changes))


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


def _data(options: RunOptions, study: Study) -> Any:
    changes = {
        "path": _absolute(options.dataset),
        "layout": options.layout,
        "channel": options.channel,
        "group_pattern": options.group,
        "plane": options.plane,
        "components": options.components or None,
        "unlabelled": _absolute(options.unlabelled),
        "detect_duplicates": None if options.detect_duplicates else False,
    }
    return dataclasses.replace(study.data, **_given(changes))


def _source(options: RunOptions, study: Study) -> Any:
    return dataclasses.replace(study.source, **_given({"path": _absolute(options.source)}))


def _absolute(path: str | None) -> str | None:
    """The same folder under the same name, wherever the command is given."""
    return path if path in (None, SIMULATED) else str(Path(path).resolve())


def _family(options: RunOptions, study: Study, segmenter: str) -> Any:
    family = study.family(segmenter)
    changes: dict[str, Any] = {"cpus": options.cpus, "gpus": options.gpus}
    weights = {
        "unet": options.unet_weights,
        "cellpose": options.cellpose_weights,
        "stardist": options.stardist_weights,
    }[segmenter]
    backbone = options.cellpose_backbone if segmenter == "cellpose" else None
    if backbone:
        changes |= _with_backbone(backbone, weights)
    elif weights:
        changes |= _pretrained(weights, segmenter)
    changed = dataclasses.replace(family, **_given(changes))
    if "segmenter" in changes and is_vit(changed.segmenter):
        training = dataclasses.replace(family.training, **CPSAM_TRAINING)
        changed = dataclasses.replace(changed, training=training)
    return changed


def _pretrained(weights: str, segmenter: str) -> dict[str, Any]:
    """What weights given by the user change in a family: a model brings its own network."""
    from study.inputs.initial_weights import find_own_model

    own = find_own_model(weights, segmenter=segmenter)
    if own is not None:
        return {"public_weights": str(own), "segmenter": network_of(spec_of_model(own).segmenter)}
    if segmenter == "cellpose":
        return {"public_weights": _given_name(weights), "segmenter": CellposeSpec(backbone="cpsam")}
    return {"public_weights": _given_name(weights)}


def _with_backbone(name: str, weights: str | None) -> dict[str, Any]:
    """What a network of the user's choice changes in Cellpose, weights of its own included."""
    from study.inputs.initial_weights import find_own_model

    if weights and find_own_model(weights, segmenter="cellpose") is not None:
        raise ValueError(
            f"--cellpose-backbone must be left out where --cellpose-weights is a model of another "
            f"study, which brings its own network, but got {name!r} with {weights!r}."
        )
    backbone, _, encoder = name.partition(":")
    fields = {"backbone": backbone, "encoder": encoder or ENCODERS.get(backbone)}
    network = CellposeSpec(**_given(fields))
    given = _given_name(weights) if weights else ""
    public, encoders = (given, "") if is_vit(network) else ("", given)
    return {"segmenter": network, "public_weights": public, "encoder_weights": encoders}


def _given_name(weights: str) -> str:
    """A file under the same name, wherever the command is given; another name as it is."""
    return str(Path(weights).resolve()) if Path(weights).exists() else weights


def _given(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if value is not None}
