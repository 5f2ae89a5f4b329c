"""Writes invented study folders for the tests of the report. No number here was measured."""

import dataclasses
import io
import json
import math
from pathlib import Path

import numpy as np

from study.design import Setup, Study
from study.factors import Factor
from study.inputs.data import StudyData
from study.inputs.study_file import study_facts
from trainables.data.dividing.split import Split
from trainables.data.files.defect import Problem
from trainables.data.opening.dataset import Dataset, Entry
from trainables.data.sample import Sample
from trainables.gan.pools.files import write_pool
from trainables.results.image_score import Counts, ImageScore, SizeCounts
from trainables.results.result import Cost, Progress, TrialResult
from trainables.results.score_table import score_table
from trainables.segmenters.cellpose.settings import CellposeSpec
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.unet.settings import UnetSpec
from trainables.spec.extra_spec import ExtraSpec
from trainables.spec.gan_spec import GanSpec
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import DataSpec, GanFitSpec, TrialSpec, WeightsSpec, gan_fit
from trainables.wire.result_json import to_json

TRUE_F1 = {
    "unet": 0.78,
    "unet_copy_paste": 0.79,
    "unet_gan": 0.80,
    "cellpose": 0.90,
    "stardist": 0.84,
}
HYBRID_F1 = {"cellpose_gan": 0.905, "stardist_gan": 0.85}
ARMS = (
    ("unet", "unet", "none", "scratch"),
    ("unet_copy_paste", "unet", "copy_paste", "scratch"),
    ("unet_gan", "unet", "gan", "scratch"),
    ("cellpose", "cellpose", "none", "pretrained"),
    ("stardist", "stardist", "none", "pretrained"),
)
HYBRIDS = (
    ("cellpose_gan", "cellpose", "gan", "pretrained"),
    ("stardist_gan", "stardist", "gan", "pretrained"),
)
"""More arms, for the two-way table."""
FAMILIES = {"unet": UnetSpec(), "cellpose": CellposeSpec(), "stardist": StardistSpec()}
THRESHOLDS = [0.5 + 0.05 * step for step in range(10)]


@dataclasses.dataclass(kw_only=True)
class FakeStudy:
    """What to invent."""

    means: dict[str, float] = dataclasses.field(default_factory=lambda: TRUE_F1 | HYBRID_F1)
    annotation_counts: tuple[int, ...] = (10,)
    draws: tuple[int, ...] = (1, 2, 3)
    images: int = 20
    draw_sd: float = 0.01
    image_sd: float = 0.05
    """Of an image's difficulty, the same for all arms."""
    noise_sd: float = 0.03
    search_trials: int = 6
    fail_confirm: tuple[str, ...] = ()
    """Arms whose every confirm training fails."""
    stop_after: str = "confirm"
    """`start`, `search` or `confirm`: the last stage that was run."""
    ablate: bool = False
    """Whether each arm's schedule and learning rate are changed, one at a time."""
    arms: tuple[tuple[str, str, str, str], ...] = ARMS
    """Name, segmenter, extra data and initial weights of each, as `study.design.ARMS` has them."""
    dataset: str = "invented cells"
    """Name of the data set."""
    pictures: bool = True
    sizes: bool = False
    """Whether test images are also scored by size of cell."""
    seed: int = 0

    def write(self, folder: Path) -> Path:
        (folder / "results").mkdir(parents=True)
        self.rng = np.random.default_rng(self.seed)
        self.clock = 1_760_000_000.0
        self.difficulty = self.rng.normal(0, self.image_sd, self.images)
        self.folder = folder
        self.data = self.opened()
        (folder / "study.json").write_text(json.dumps(self.facts()))
        if self.stop_after == "start":
            return folder
        for arm in self.arms:
            self.search(*arm)
        if self.stop_after == "search":
            return folder
        for arm in self.arms:
            self.confirm(*arm)
        if self.ablate:
            for arm in self.arms:
                self.change_one_setting(*arm)
        return folder

    def facts(self) -> dict:
        """What `study.json` says, made by the code that writes it."""
        study, data = self.declared(), self.opened()
        assert study.draws == self.draws, "draws are counted from 1"
        return study_facts(
            study,
            study,
            data=data,
            source=None,
            weight_hashes={},
            command="study run quick --dataset cells --out runs/cells",
            created_at=1_760_000_000.0,
            environment={
                "python": "3.11.9",
                "torch": "2.14.0",
                "stardist": "0.9.2",
                "commit": "dd5a169",
            },
        )

    def declared(self) -> Study:
        """StarDist starts from published weights; Cellpose from some trained on simulated cells,
        whose encoder had seen ImageNet and is of BSD-3-Clause."""
        factors = (
            Factor(field="training.schedule", levels=("frozen_encoder",)),
            Factor(field="training.learning_rate", levels=(5e-4,)),
        )
        return Study(
            name="quick",
            arms=tuple(name for name, *_ in self.arms),
            annotation_counts=self.annotation_counts,
            confirm_draws=len(self.draws),
            search_trials=self.search_trials,
            search_device_seconds=300.0,
            ablate=factors if self.ablate else (),
            setups={
                "cellpose": Setup(segmenter=CellposeSpec(), encoder_weights="imagenet"),
                "stardist": Setup(segmenter=StardistSpec(), public_weights="2D_versatile_fluo"),
            },
        )

    def opened(self) -> StudyData:
        """40 images that may be annotated, and those of the test side."""
        annotation = tuple(f"img_{index:02d}" for index in range(100, 140))
        test = tuple(f"img_{index:02d}" for index in range(self.images))
        groups = {name: self.group(name) for name in (*annotation, *test)}
        folder, content_hash = Path("/data") / self.dataset, "3f9c0a1b22d4"
        entries = [
            Entry(
                id=name,
                image=folder / "images" / f"{name}.png",
                mask=folder / "masks" / f"{name}.png",
                group=group,
                side="",
                height=160,
                width=160,
                channels=1,
                dtype="uint8",
                cells=36,
                diameter_px=21.3,
                um_per_px=None,
            )
            for name, group in groups.items()
        ]
        dataset = Dataset(
            path=folder,
            layout="images and masks of the same stems",
            entries=entries,
            records=(),
            problems=(
                Problem(
                    file="images/img_61.png", what="the file is cut short", remedy="copy it again"
                ),
            ),
            content_hash=content_hash,
            channels=1,
        )
        split = Split(
            annotation_ids=annotation,
            test_ids=test,
            groups=groups,
            seed=0,
            content_hash=content_hash,
            tied=2,
        )
        return StudyData(dataset=dataset, splits=(split,))

    @staticmethod
    def group(name: str) -> str:
        return f"well_{int(name.split('_')[1]) // 3}"

    def search(self, arm: str, family: str, extra: str, weights: str) -> None:
        for number in range(self.search_trials):
            spec = self.spec("search", arm, family, extra, weights, draw=0, seed=0)
            spec = dataclasses.replace(
                spec,
                training=dataclasses.replace(
                    spec.training, learning_rate=float(10 ** self.rng.uniform(-4, -2.5))
                ),
                extra=dataclasses.replace(spec.extra, ratio=[0.0, 0.5, 1.0, 2.0][number % 4])
                if extra != "none"
                else spec.extra,
            )
            status = {2: "pruned", 4: "failed" if arm == "stardist" else "completed"}.get(
                number, "completed"
            )
            mean = self.means[arm] - abs(self.rng.normal(0, 0.06))
            self.store(
                spec, status=status, validation=self.scores(mean, count=3), seconds=9 + 3 * number
            )

    def confirm(self, arm: str, family: str, extra: str, weights: str) -> None:
        for count in self.annotation_counts:
            for draw in self.draws:
                spec = self.spec(
                    "confirm", arm, family, extra, weights, draw=draw, seed=1, count=count
                )
                mean = self.means[arm] + self.rng.normal(0, self.draw_sd)
                mean -= 0.1 * (max(self.annotation_counts) / count - 1) ** 0.5
                failed = arm in self.fail_confirm
                result = self.store(
                    spec,
                    status="failed" if failed else "completed",
                    validation=self.scores(mean, count=3),
                    test=() if failed else self.scores(mean, count=self.images),
                    seconds=20 + 15 * (family == "cellpose") + 30 * (family == "stardist"),
                )
                if self.pictures and not failed and draw == self.draws[0]:
                    self.examples(result)

    def change_one_setting(self, arm: str, family: str, extra: str, weights: str) -> None:
        """A schedule that costs 0.1 of F1, and a learning rate that changes nothing."""
        for draw in self.draws:
            spec = self.spec("ablate", arm, family, extra, weights, draw=draw, seed=1)
            for change, loss in (
                ({"schedule": "frozen_encoder"}, 0.1),
                ({"learning_rate": 5e-4}, 0),
            ):
                changed = dataclasses.replace(
                    spec, training=dataclasses.replace(spec.training, **change)
                )
                mean = self.means[arm] - loss
                self.store(
                    changed,
                    status="completed",
                    validation=self.scores(mean, count=3),
                    test=self.scores(mean, count=self.images),
                )

    def spec(self, stage, arm, family, extra, weights, *, draw, seed, count=None) -> TrialSpec:
        return TrialSpec(
            stage=stage,
            arm=arm,
            study_seed=0,
            seed=seed,
            data=DataSpec(
                split=self.data.split.hash,
                annotation_count=count or max(self.annotation_counts),
                draw=draw,
            ),
            segmenter=FAMILIES[family],
            training=TrainingSpec(),
            extra=ExtraSpec(
                kind=extra,
                ratio=1.0 if extra != "none" else 0.0,
                gan=GanSpec() if extra == "gan" else None,
            ),
            weights=WeightsSpec(kind="pretrained", origin="source", name="abc123")
            if weights == "pretrained"
            else WeightsSpec(),
        )

    def store(self, spec, *, status, validation, test=(), seconds=20.0) -> TrialResult:
        if spec.extra.kind == "gan":
            self.fit_gan(gan_fit(spec))
        evaluations = range(1, 3 if status == "pruned" else 6)
        reached = float(np.mean([score.f1 for score in validation]))
        result = TrialResult(
            trial_id=spec.id,
            spec=spec,
            status=status,
            reason={
                "pruned": "below the median of its arm at 640 images seen",
                "failed": "The loss became NaN after 320 images seen.",
            }.get(status, ""),
            progress=tuple(
                Progress(
                    images_seen=320 * step,
                    device_seconds=seconds * step / 5,
                    validation_f1=reached * step / 5,
                    loss=1 / step,
                )
                for step in evaluations
            ),
            thresholds={"interior": 0.5},
            validation=score_table(validation if status == "completed" else ()),
            test=score_table(map(with_sizes, test) if self.sizes else test),
            cost=self.cost(seconds),
        )
        (self.folder / "results" / f"{spec.id}.json").write_text(to_json(result))
        return result

    def cost(self, seconds: float) -> Cost:
        self.clock += seconds
        return Cost(
            device_seconds=seconds,
            training_seconds=0.8 * seconds,
            started_at=self.clock - seconds,
            ended_at=self.clock,
            peak_gib=1.3,
            device="cpu",
        )

    def fit_gan(self, fit: GanFitSpec) -> None:
        path = self.folder / "results" / f"{fit.id}.json"
        if path.exists():
            return
        kid = float(self.rng.uniform(0.04, 0.06))
        synthesis = {
            "kept": 64,
            "asked": 91,
            "share_dropped": 0.297,
            "kid": kid,
            "kid_low": kid - 0.01,
            "kid_high": kid + 0.012,
            "kid_floor": 0.021,
        }
        result = TrialResult(
            trial_id=fit.id,
            spec=fit,
            status="completed",
            synthesis=synthesis,
            cost=self.cost(42.0),
        )
        path.write_text(to_json(result))
        if self.pictures:
            for name, noise in (("pool", 0.12), ("real", 0.05)):
                folder = self.folder / "gans" / fit.id
                folder.mkdir(parents=True, exist_ok=True)
                cells = [self.image(96, noise) for _ in range(8)]
                crops = [
                    Sample(id=f"{n}", image=np.float32(image[..., None]), labels=labels, group="g")
                    for n, (image, labels) in enumerate(cells)
                ]
                write_pool(crops, folder, name=name)

    def scores(self, mean: float, *, count: int) -> tuple[ImageScore, ...]:
        return tuple(
            image_score(
                f"img_{index:02d}",
                self.group(f"img_{index:02d}"),
                f1=mean + self.difficulty[index] + self.rng.normal(0, self.noise_sd),
            )
            for index in range(count)
        )

    def examples(self, result: TrialResult) -> None:
        shared = np.random.default_rng(7)
        arrays: dict[str, np.ndarray] = {"ids": np.array(result.test.sample_ids[:6])}
        for index in range(6):
            image, labels = self.image(160, 0.08, rng=shared)
            arrays[f"{index}_image"] = (255 * image.clip(0, 1)).astype(np.uint8)
            arrays[f"{index}_true"] = labels
            arrays[f"{index}_predicted"] = self.wrong(labels, result.test.f1[index])
        self.arrays(self.folder / "examples" / f"{result.trial_id}.npz", **arrays)

    def wrong(self, labels: np.ndarray, f1: float) -> np.ndarray:
        """The labels, moved a little, without some of the cells."""
        moved = np.roll(labels, self.rng.integers(-2, 3, 2), axis=(0, 1))
        lost = [name for name in np.unique(moved)[1:] if self.rng.random() > f1]
        return np.where(np.isin(moved, lost), 0, moved).astype(np.int32)

    def image(self, side: int, noise: float, rng=None) -> tuple[np.ndarray, np.ndarray]:
        rng = rng or self.rng
        rows, columns = np.mgrid[:side, :side]
        labels = np.zeros((side, side), np.int32)
        for name in range(1, side // 6):
            row, column = rng.uniform(0, side, 2)
            tall, wide = rng.uniform(6, 13, 2)
            inside = ((rows - row) / tall) ** 2 + ((columns - column) / wide) ** 2 < 1
            labels[inside & (labels == 0)] = name
        light = np.where(labels > 0, 0.45 + 0.05 * (labels % 7), 0.08)
        return light + rng.normal(0, noise, labels.shape), labels

    @staticmethod
    def arrays(path: Path, **arrays: np.ndarray) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        path.write_bytes(buffer.getvalue())


def image_score(name: str, group: str, *, f1: float, cells: int = 40) -> ImageScore:
    """A score with about the asked F1 at IoU 0.5, falling with the threshold."""
    counts = []
    for step, threshold in enumerate(THRESHOLDS):
        found = round(cells * min(max(f1, 0), 1) * (1 - (step / 10) ** 2))
        counts.append(
            Counts(
                threshold=threshold,
                true_positives=found,
                false_positives=cells - found,
                false_negatives=cells - found,
                matched_iou=0.85 * found,
            )
        )
    return ImageScore(
        sample_id=name,
        group=group,
        counts=tuple(counts),
        counts_without_border=(counts[0], counts[4], counts[8]),
        aji=0.8 * counts[0].f1,
        aji_plus=0.82 * counts[0].f1,
        dice=0.9,
        true_cells=cells,
        predicted_cells=cells + 2,
        splits=1,
        merges=2,
    )


def with_sizes(score):
    """The score with its cells in two classes: all misses among the small ones."""
    counts = score.counts[0]
    edge, found = 11.5, counts.true_positives // 2
    small = SizeCounts(
        min_diameter_px=0.0,
        max_diameter_px=edge,
        true_positives=found,
        false_positives=counts.false_positives,
        false_negatives=counts.false_negatives,
    )
    large = SizeCounts(
        min_diameter_px=edge,
        max_diameter_px=math.inf,
        true_positives=counts.true_positives - found,
        false_positives=0,
        false_negatives=0,
    )
    return dataclasses.replace(score, by_size=(small, large))
