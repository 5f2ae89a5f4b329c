"""What `--dry-run` shows and `--budget` cuts: a study on its data and this machine."""

import dataclasses
import math
import os
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.table import Table

from study.budget import ORDER, read_budget, scale_to, spell_out
from study.command_line.options import RunOptions, study_of
from study.design import ARMS, SIMULATED, Study
from study.estimate import PlannedRow, planned_rows, slowness_here, wall_seconds
from study.inputs.data import open_declared
from study.inputs.splits import cut_counts, folds_of
from trainables.spec.stages import STAGES


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A study with all that its cost depends on."""

    study: Study
    folds: int
    """Grouped folds; 1 is a single split."""
    test_images: int
    """Test images of the split, or of one fold."""
    slots: int
    """Trainings at once."""

    @property
    def rows(self) -> list[PlannedRow]:
        """All trainings, by stage and arm."""
        study = self.study
        if self.folds > 1:
            study = cut_counts(study, most=self.test_images * (self.folds - 1))
        return planned_rows(
            study,
            folds=self.folds,
            test_images=self.test_images,
            slowness=slowness_here(),
        )

    @property
    def seconds(self) -> float:
        """Approximate duration of all of it here."""
        return wall_seconds(self.rows, slots=self.slots)


def show_plan(options: RunOptions) -> None:
    """Prints the number and cost of the study's trainings, without running them."""
    Console(highlight=False).print(plan_screen(plan_of(options)))


def plan_of(options: RunOptions) -> Plan:
    """The study that the options describe, cut to its budget where it has one.

    The data set is opened to see how it will be tested.

    Raises:
        ValueError: the options or the data set are not valid, or the budget is too small.
    """
    study = study_of(options)
    folds, test_images = _tested(study)
    plan = Plan(
        study=study,
        folds=folds,
        test_images=test_images,
        slots=options.concurrency or _slots(study),
    )
    if not options.budget:
        return plan
    scaled = scale_to(
        study,
        budget_seconds=read_budget(options.budget),
        estimate=lambda smaller: dataclasses.replace(plan, study=smaller).seconds,
    )
    return dataclasses.replace(plan, study=scaled)


def plan_screen(plan: Plan) -> RenderableType:
    """The plan as something that a `rich.console.Console` prints."""
    rows = plan.rows
    table = Table(title=f"Plan of study {plan.study.name}", title_justify="left")
    for name in ("stage", "what"):
        table.add_column(name)
    for name in ("trainings", "device time (one CPU core)"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            STAGES[row.stage].title, row.name, str(row.trainings), spell_out(row.device_seconds)
        )
    total = sum(row.device_seconds for row in rows)
    table.add_section()
    table.add_row("all", "", str(sum(row.trainings for row in rows)), spell_out(total))
    return Group(table, *_notes(plan))


def _notes(plan: Plan) -> list[str]:
    notes = []
    if plan.folds > 1:
        notes.append(
            f"Too few images for a test side: {plan.folds} grouped folds, of which each has a "
            f"search and confirm trainings of its own."
        )
    if plan.study.left_out:
        notes.append(f"Left out to fit the budget ({'; then '.join(ORDER)}):")
        notes += [f"  - {what}" for what in plan.study.left_out]
    notes.append(
        f"About {spell_out(plan.seconds)} here, {plan.slots} trainings at once on "
        f"{os.cpu_count() or 1} cores, if nothing is stopped early; a GPU is far faster."
    )
    return notes


def _tested(study: Study) -> tuple[int, int]:
    """Number of folds, and of test images in each of them."""
    if study.data.path == SIMULATED:
        return 1, study.max_test_images
    dataset = open_declared(study.data)
    images, folds = len(dataset.entries), folds_of(study, dataset)
    if folds > 1:
        return folds, math.ceil(images / folds)
    named = sum(entry.side == "test" for entry in dataset.entries)
    return 1, max(1, min(study.max_test_images, named or round(study.test_share * images)))


def _slots(study: Study) -> int:
    """Trainings that fit on the cores of this machine at once."""
    segmenters = {ARMS[name].segmenter for name in study.arms}
    cores = max(study.setup(segmenter).cpus for segmenter in segmenters)
    return max(1, (os.cpu_count() or 1) // cores)
