"""A study with its data: declared, opened, divided, and written down before anything runs."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from study.design import ARMS, Study
from study.inputs.data import StudyData, open_main, open_source, source_count
from study.inputs.initial_weights import STUDY_FILE, find_published_models, model_of
from study.inputs.splits import fitted
from study.inputs.study_file import refuse_other_study, write_study_file
from study.inputs.weights_check import refuse_changed_weights, refuse_unusable_weights
from study.place import Place
from study.plan import Splits, needs_source
from trainables.machine.downloads import file_sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedStudy:
    """A study that is ready to run."""

    study: Study
    """As declared, its annotation counts cut to what the folds allow."""
    data: StudyData
    source: StudyData | None
    """The second data set, where some arm's weights are trained here."""
    weights: dict[str, Path] = field(default_factory=dict)
    """Models on this machine that arms start from, by segmenter."""

    @property
    def splits(self) -> tuple[Splits, ...]:
        """The splits that specs name: one, or one for each fold."""
        splits = tuple(Splits(main=split.hash) for split in self.data.splits)
        if self.source is None:
            return splits
        name, count = self.source.split.hash, source_count(self.study, self.source)
        return tuple(replace(one, source=name, source_count=count) for one in splits)


def open_study(study: Study, place: Place) -> OpenedStudy:
    """Opens and divides the data sets of a study and writes `study.json`.

    Raises:
        ValueError: something the user can fix, explained in one sentence.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    store = place.store
    refuse_other_study(study, store)
    files = find_published_models(study)
    # Once per segmenter, however many arms start from it: a file may exceed a gigabyte.
    hashes = {segmenter: file_sha256(file) for segmenter, file in files.items()}
    refuse_changed_weights(hashes, store)
    data = open_main(study, folder=place.folder, store=store)
    channels = data.dataset.channels
    has_source = any(needs_source(study, ARMS[name]) for name in study.arms)
    opened = OpenedStudy(
        study=fitted(study, data.splits),
        data=data,
        source=open_source(study, channels=channels, folder=place.folder) if has_source else None,
        weights={name: model_of(study, name, file=file) for name, file in files.items()},
    )
    if store.read_text(STUDY_FILE) is None:
        refuse_unusable_weights(
            opened.study, opened.weights, splits=opened.splits[0], channels=channels
        )
        write_study_file(
            study,
            opened.study,
            data=data,
            source=opened.source,
            weight_hashes=hashes,
            command=place.command,
            store=store,
        )
    return opened
