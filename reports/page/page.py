"""Everything that the report of a study shows, computed once for the page and the Markdown."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports import words
from reports.facts import ImageProblem, WeightsFacts
from reports.figures.figures import Look, looks
from reports.figures.gan_pictures import GanPicture, gan_pictures
from reports.figures.pictures import TestPictures, test_pictures
from reports.findings.configurations import Setting, varied_settings
from reports.findings.data_facts import data_facts
from reports.findings.findings import Findings
from reports.findings.gan_quality import FEWEST_FITS
from reports.findings.importance import Refusal
from reports.findings.integrity import Check, integrity
from reports.findings.occupancy import Occupancy, occupancy
from reports.load import Study
from reports.tables.tables_of import Tables, tables_of
from reports.text.methods import Methods, methods
from reports.text.narrative import Narrative, narrate
from reports.verdict.verdict import CLOSE_F1, Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What is shown, from top to bottom; tables, figures and looks stand where they are used."""

    look: Mapping[str, Look]
    """Looks of the arms, by name."""
    figures: Mapping[str, str]
    """SVG elements by name, the most telling first; empty where the study has no numbers for it."""
    tables: Tables

    name: str
    """The study's name."""
    dataset: str
    begun: str
    """Day and time; empty where they are not known."""
    question: str
    narrative: Narrative

    annotation_count: int
    """That of the verdict and of all tables that do not state their own."""
    single_draw: bool
    """Whether intervals cover the choice of test images only."""
    recommended: str
    """Name of an arm; empty before any was confirmed."""
    margin_f1: float
    close_f1: float

    asks_for_ablation: bool
    fewest_fits: int
    """GAN fits below which no rank correlation is given."""

    ceiling_device_seconds: float
    """Ceiling of each arm's search; 0 for none."""
    occupancy: Occupancy | None
    settings: Mapping[str, Sequence[Setting]]
    """What the search varied, by arm; arms without any are left out."""
    folds: int
    refusals: Sequence[Refusal]
    """Arms for which the importance of settings is not given."""

    pictures: TestPictures | None
    gan: GanPicture | None
    gan_unlabelled_images: int
    """Upper limit on the images without labels that the pictured GAN was fitted to."""

    checks: Sequence[Check]
    warnings: Sequence[str]
    weights: Sequence[WeightsFacts]
    """Initial weights, as `study.json` has them."""
    problems: Sequence[ImageProblem]
    """Image files with problems, likewise."""
    data: Sequence[tuple[str, str]]
    environment: Mapping[str, str]
    command: str

    methods: Methods


def page_of(
    study: Study, decision: Decision, findings: Findings, *, figures: Mapping[str, str]
) -> Page:
    """Collects what is shown of a study.

    Args:
        study: the study.
        decision: what its evidence supports.
        findings: what else it shows.
        figures: SVG elements by name.
    """
    facts = study.facts
    gan = gan_pictures(study, count=decision.annotation_count)
    settings = {arm.name: varied_settings(study, arm) for arm in study.arms}
    return Page(
        look=looks(study.arms),
        figures=figures,
        tables=tables_of(study, decision, findings),
        name=facts.name,
        dataset=study.dataset.name,
        begun=_day(facts.created_at),
        question=question(study),
        narrative=narrate(study, decision, findings),
        annotation_count=decision.annotation_count,
        single_draw=decision.kind == "single_draw",
        recommended=decision.winner.arm if decision.winner else "",
        margin_f1=decision.margin_f1,
        close_f1=CLOSE_F1,
        asks_for_ablation=bool(study.design.ablate),
        fewest_fits=FEWEST_FITS,
        ceiling_device_seconds=study.ceiling_device_seconds,
        occupancy=occupancy(study.results),
        settings={name: varied for name, varied in settings.items() if varied},
        folds=study.design.folds,
        refusals=findings.no_importance,
        pictures=test_pictures(study, decision),
        gan=gan,
        gan_unlabelled_images=gan.fit.gan_fit.gan.unlabelled_images if gan else 0,
        checks=integrity(study, decision),
        warnings=facts.warnings,
        weights=facts.weights,
        problems=study.dataset.problems,
        data=data_facts(study),
        environment=facts.environment,
        command=facts.command,
        methods=methods(study, decision, findings),
    )


def question(study: Study) -> str:
    """What the study was made to answer."""
    counts = study.annotation_counts
    if not counts:
        return ""
    images = words.listed([str(count) for count in counts])
    unit = "image" if counts == (1,) else "images"
    return (
        f"Which of {words.count(len(study.arms), 'way')} to segment cells is best "
        f"with {images} annotated {unit}, how sure is that, and what does it cost?"
    )


def _day(unix_seconds: float) -> str:
    return time.strftime("%d %B %Y, %H:%M UTC", time.gmtime(unix_seconds)) if unix_seconds else ""
