"""The methods section of a paper, written from the study itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reports import words
from reports.findings.findings import Findings
from reports.load import Study, trials
from reports.text.references import REFERENCES
from reports.verdict.cost import device_seconds
from reports.verdict.verdict import Decision
from trainables.gan.pools.fidelity import ON_INCEPTION
from trainables.segmenters.families import FAMILIES
from trainables.segmenters.family import Family
from trainables.spec.gan_spec import ARCHITECTURES


@dataclass(frozen=True, kw_only=True, slots=True)
class Methods:
    """Paragraphs with numbered citations, and what they cite."""

    paragraphs: tuple[str, ...]
    references: tuple[str, ...]
    """Reference n of the text is the n-th."""


@dataclass(slots=True)
class _Citations:
    """Numbers papers in the order in which they are first cited."""

    cited: list[str] = field(default_factory=list)
    """Entries of the list of references."""

    def __call__(self, *names: str) -> str:
        """The numbers of papers by their names in `REFERENCES`."""
        return self.of(*(REFERENCES[name] for name in names))

    def of(self, *references: str) -> str:
        """The numbers of papers by their entries in the list of references."""
        self.cited += [entry for entry in references if entry not in self.cited]
        return f" [{', '.join(str(self.cited.index(entry) + 1) for entry in references)}]"


def methods(study: Study, decision: Decision, findings: Findings) -> Methods:
    """What was done, and nothing else, in the past tense."""
    cite = _Citations()
    paragraphs = [
        _data(study, cite),
        _arms(study, cite),
        _search(study, cite),
        _confirm(study, cite),
        _statistics(decision, findings, cite),
    ]
    return Methods(
        paragraphs=tuple(text for text in paragraphs if text),
        references=tuple(cite.cited),
    )


def _data(study: Study, cite: _Citations) -> str:
    data = study.dataset
    sentences = [
        f"{words.starting(data.name or 'the data set')} ({words.count(data.images, 'image')} with "
        f"{data.cells} annotated cells) was divided {_division(study)}; {_duplicates(study)}.",
        f"An annotation count includes the images used for validation{cite('low_label')}.",
    ]
    return " ".join(sentences)


def _duplicates(study: Study) -> str:
    if study.facts.detects_duplicates:
        return "near-duplicates were kept on one side"
    return "near-duplicates were not sought"


def _division(study: Study) -> str:
    """How the images were divided, as the end of a sentence."""
    split, folds = study.facts.split, study.design.folds
    annotated = words.count(split.annotation_images, "image")
    tested = words.count(split.test_images, "test image")
    groups = words.count(split.test_groups, "group")
    if folds < 2:
        return (
            f"once by group into {annotated} that could be annotated and {tested} of {groups} "
            f"(split {split.hash})"
        )
    return (
        f"into {folds} folds of whole groups ({groups} in all), and the study, its search "
        f"included, was made once for each fold without the fold's images (nested "
        f"cross-validation), which were then tested; trainings could use {annotated} or more"
    )


def _arms(study: Study, cite: _Citations) -> str:
    families = dict.fromkeys(arm.segmenter for arm in study.arms)
    known = [FAMILIES[name] for name in families if name in FAMILIES]
    extras = {arm.extra_data for arm in study.arms}
    text = (
        f"{words.starting(words.count(len(study.arms), 'strategy was', 'strategies were'))} "
        f"compared: {words.listed([words.arm_label(arm) for arm in study.arms])}. Segmenters were "
        f"{words.listed([_segmenter(study, family, cite) for family in known])}."
    )
    if "copy_paste" in extras:
        text += f" Copy-paste moved annotated cells between images{cite('copy_paste')}."
    if "pseudo_labels" in extras:
        text += f" Pseudo-labels came from a mean teacher{cite('pseudo_labels')}."
    if "gan" in extras:
        text += _gan_data(study, cite)
    encoders = sum(arm.initial_weights == "gan_encoder" for arm in study.arms)
    if encoders:
        arms = "One arm" if encoders == 1 else f"{encoders} arms"
        text += f" {arms} started from a GAN's encoder{cite('gan_encoder')}."
    return f"{text} {_weights(study)}".strip()


def _segmenter(study: Study, family: Family[Any], cite: _Citations) -> str:
    """A family with the papers of the networks that the study trained."""
    trained = [one.trial.segmenter for one in trials(study, stage="search")]
    networks = [one for one in trained if one.kind == family.name] or [family.settings()]
    papers = dict.fromkeys(str(paper) for one in networks for paper in family.cite(one))
    return family.in_words + cite.of(*papers)


def _gan_data(study: Study, cite: _Citations) -> str:
    gans = [fit.gan_fit.gan for fit in trials(study, stage="fit_gans")]
    names = list(dict.fromkeys(gan.architecture for gan in gans))
    given = all(ARCHITECTURES[name].paints_maps for name in names)
    unlabelled = any(gan.unlabelled_images for gan in gans)
    filtered = not gans or any(gan.consistency_floor for gan in gans)
    text = (
        f" GAN data were drawn from {'conditional ' if given else ''}GANs"
        f"{_architectures(names, cite)} fitted to the annotated training images of the same draw"
        f"{', some with training images without labels' if unlabelled else ' alone'}"
    )
    if filtered:
        masks = "the conditioning masks" if given else "their masks"
        text += f", and kept where a segmenter trained on those images found {masks} again"
    return f"{text}."


def _architectures(names: Sequence[str], cite: _Citations) -> str:
    """The GANs that were fitted, with their papers, in brackets."""
    rows = [ARCHITECTURES[name] for name in names]
    each = [row.title + cite.of(*map(str, row.papers)) for row in rows]
    return f" ({words.listed(each)})" if each else ""


def _weights(study: Study) -> str:
    used = dict.fromkeys(
        (weights.name, weights.description, weights.seen) for weights in study.facts.weights
    )
    if not used:
        return ""
    each = [f"{name} ({description}; this data set: {seen})" for name, description, seen in used]
    return f"Pretrained weights: {words.listed(each)}.{_source_trainings(study)}"


def _source_trainings(study: Study) -> str:
    sources = trials(study, stage="fit_sources")
    if not sources:
        return ""
    spent = words.seconds(sum(map(device_seconds, sources)))
    return (
        f" What was trained here on the source was declared as given, as published weights are: "
        f"its {spent} of device time were charged to no arm."
    )


def _search(study: Study, cite: _Citations) -> str:
    if not trials(study, stage="search"):
        return ""
    design = study.design
    return (
        f"For each arm {words.count(design.search_trials, 'configuration')} at most "
        f"were searched with Optuna{cite('optuna')} and Ray Tune{cite('ray')} on one draw of "
        f"{words.count(max(study.annotation_counts), 'annotated image')}, within "
        f"{words.seconds(design.device_seconds_ceiling or math.nan)} of device time, "
        f"GAN fits charged, starting from the field's defaults. Trials were stopped early against "
        f"trials of the same arm only, and compared by instance F1 at IoU 0.5 on validation "
        f"images{cite('f1')}; no search trial saw a test image."
    )


def _confirm(study: Study, cite: _Citations) -> str:
    if not trials(study, stage="confirm"):
        return ""
    design = study.design
    counts = words.listed([str(count) for count in study.annotation_counts])
    text = (
        f"The best configuration of each arm was frozen and trained afresh with {counts} annotated "
        f"images on {words.count(len(design.confirm_draws), 'other draw')} "
        f"({words.count(len(design.confirm_seeds), 'seed')} each; the smaller choices "
        f"of a draw lie inside the larger ones), and scored once on the test images."
    )
    return text + _pool_measures(study, cite)


def _pool_measures(study: Study, cite: _Citations) -> str:
    fits = [fit for fit in trials(study, stage="fit_gans") if "kid" in fit.synthesis]
    if not fits:
        return ""
    names = {0.0: "a segmenter trained on the same annotated images", 1.0: "Inception v3"}
    on_inception = {fit.synthesis.get(ON_INCEPTION, 0.0) for fit in fits}
    features = " or ".join(names[one] for one in sorted(on_inception))
    return (
        f" Pools were compared with real images by kernel inception distance{cite('kid')}, on "
        f"features of {features}."
    )


def _statistics(decision: Decision, findings: Findings, cite: _Citations) -> str:
    if decision.best is None:
        return ""
    text = (
        f"Scores are means over draws and test images of instance F1. Intervals (95 %) hold the "
        f"variance between draws and that between groups of test images (bootstrap over groups), "
        f"their errors joined as two Student's t variables (Behrens and Fisher"
        f"{cite('behrens_fisher')}). "
    )
    if decision.comparisons:
        text += (
            f"Arms were compared in pairs on the same draws and images; p-values were adjusted "
            f"after Holm{cite('holm')}, a best arm was named where it beat every other one "
            f"(intersection-union test{cite('union')}), no difference above "
            f"{decision.margin_f1:g} was claimed where two one-sided tests allowed it"
            f"{cite('tost')}, and the probability of improvement is that of a random image after a "
            f"random draw{cite('improvement')}. "
        )
    if findings.equivalence:
        text += (
            f"Annotation equivalence is the baseline's learning curve, straight over the logarithm "
            f"of the count, inverted at the arm's score; its interval is the set of counts that "
            f"a paired test at 5 % does not exclude{cite('fieller')}. "
        )
    if findings.importance:
        text += f"Importance of settings is by functional ANOVA{cite('fanova')}. "
    if any(one.estimate == one.estimate for one in findings.correlations):
        text += (
            f"Rank correlations are within annotation counts, with Fisher intervals"
            f"{cite('spearman')}. "
        )
    return text.strip()
