"""Ablation: one factor at a time is changed in each arm's chosen configuration.

Each trial has a partner among those of `confirm`, of the same arm, split, annotation count, draw
and seed, whose spec differs in one factor: the effect of the factor is the mean of these paired
differences. Like `confirm`, it uses configurations that were frozen after the search, so it may
score the test images.
"""

from collections.abc import Iterator

from study.design import Study
from study.plan import Task, confirm_spec, with_gan_fits
from trainables.results.result import TrialResult
from trainables.spec.evolve import evolve
from trainables.spec.flat import flatten
from trainables.spec.trial_spec import TrialSpec


def ablation_tasks(study: Study, best: dict[str, TrialResult]) -> list[Task]:
    """Every level of every factor for every arm, on the first draws of `confirm`.

    Args:
        best: the chosen search trial of each arm.

    Raises:
        ValueError: a factor was given an impossible level.
    """
    specs = [spec for result in best.values() for spec in ablated(study, result.trial)]
    return with_gan_fits(list(dict.fromkeys(specs)))


def ablated(study: Study, chosen: TrialSpec) -> Iterator[TrialSpec]:
    """The trials that differ in one factor from what the search chose for an arm."""
    fields = flatten(chosen)
    levels = [change for factor in study.ablate for change in factor.changes(fields)]
    for level in levels:
        # A level of `extra.gan` from the command line is text, not a GAN; it has no effect.
        change = {name: value for name, value in level.items() if name in fields}
        for draw in study.draws[: study.ablate_draws]:
            partner = confirm_spec(chosen, count=study.search_count, draw=draw, seed=study.seeds[0])
            yield evolve(partner, change | {"stage": "ablate"})
