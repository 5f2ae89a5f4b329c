"""One stage of a study as one Tune experiment."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from ray import tune

from study.design import Study
from study.events import Listener
from study.place import Place
from study.plan import Task
from study.running.arm_search import ArmSearch
from study.running.early_stopping import PerArmStopping
from study.running.machines import machines, placement, processes_serve_again, slots
from study.running.searcher import StageSearcher
from trainables.ray_trainable import trainable
from trainables.spec.stages import Stage
from trainables.trial_inputs import TrialInputs
from trainables.wire.reading import read_spec

RETRIES = 2
"""How often a training whose process was lost is retried, from its last checkpoint."""


def run_stage(
    name: Stage,
    study: Study,
    place: Place,
    *,
    tasks: Sequence[Task],
    arms: Sequence[ArmSearch] = (),
    inputs: Callable[[], TrialInputs],
    listener: Listener,
) -> None:
    """Runs all trainings of a stage that the store does not hold yet.

    None of Tune's own state is reused: a stage that was killed is started anew, and the store and
    Optuna know what is left of it. (Tune's restore forgets the scheduler, and cannot be informed
    of trials that ended after its last snapshot.)

    Args:
        name: of the stage.
        study: says which resources its trainings take.
        place: where they run, and where their results go.
        tasks: trainings known in advance.
        arms: searches that propose more of them.
        inputs: reads the images; called only where something is left to run.
        listener: notified of everything that happens.

    Raises:
        ValueError: the machines do not share the store's folder, or its disk is full.
    """
    searcher = StageSearcher(tasks, arms, store=place.store, listener=listener)
    if not searcher.remaining:
        return
    listener.stage_started(name, searcher.remaining)
    searcher.give_up()
    if not searcher.remaining:
        return
    stopping = PerArmStopping({arm.arm.name: arm.images_seen for arm in arms})
    stopping.replay(searcher.ended.values())
    shared = inputs()  # kept until the stage ends, and with it the shelf of its pools
    _tuner(name, study, place, shared, searcher=searcher, stopping=stopping).fit()
    if searcher.complaint:
        raise ValueError(searcher.complaint)


def _tuner(
    name: str,
    study: Study,
    place: Place,
    inputs: TrialInputs,
    *,
    searcher: StageSearcher,
    stopping: PerArmStopping,
) -> tune.Tuner:
    available = machines()
    trainings = sum(searcher.remaining.values())
    return tune.Tuner(
        tune.with_resources(
            tune.with_parameters(trainable, inputs=inputs),
            lambda config: placement(study, read_spec(config["spec"]), available),
        ),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=stopping,
            num_samples=-1,
            max_concurrent_trials=place.concurrency or slots(study, available),
            trial_dirname_creator=_short_name,
            reuse_actors=processes_serve_again(available, trainings=trainings),
        ),
        run_config=tune.RunConfig(
            name=f"{name}-{int(time.time())}",
            storage_path=f"{place.store.root}/ray",
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=RETRIES),
        ),
    )


def _short_name(trial: Any) -> str:
    return str(trial.trial_id)
