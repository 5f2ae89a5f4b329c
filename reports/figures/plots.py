"""Which figures a study's report has."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from reports.figures import figures, rates
from reports.figures.figures import Look
from reports.findings.findings import Findings
from reports.load import Study, trials
from reports.verdict.compare import ranked
from reports.verdict.verdict import Decision

DESCRIBED = {
    "curves": "Learning curves: mean test F1 of each arm with its interval, by number of annotated "
    "images; the numbers are in the table by annotation count",
    "forest": "Mean test F1 of each arm with its interval; the numbers are in the table of arms",
    "cost": "Mean test F1 of each arm against the device time of one training",
    "history": "Validation F1 of the search trials of each arm, in the order they started",
    "rates": "Learning rate over the images seen of each fine-tuned arm, for layers from the input "
    "to the head; the schedules are among the searched settings",
    "ablation": "Change of test F1 for each changed setting; the numbers are in the table below",
}
"""What each figure shows, for readers who cannot see it."""


def plots(
    study: Study, decision: Decision, findings: Findings, look: Mapping[str, Look]
) -> dict[str, Figure]:
    """The figures that the study has numbers for, by name, the most telling first."""
    made = {}
    scored = sorted(ranked(list(decision.arms)), key=lambda summary: -summary.mean_f1)
    if len(findings.by_count) > 1:
        made["curves"] = figures.learning_curves(findings.by_count, look)
    if scored:
        made["forest"] = figures.forest(scored, look)
        made["cost"] = figures.cost_scatter(scored, look)
    if trials(study, stage="search"):
        made["history"] = figures.search_history(study, look)
    if fine_tuned := rates.fine_tuning_rates(study):
        made["rates"] = rates.draw_rates(fine_tuned, look)
    if findings.effects:
        made["ablation"] = figures.ablations(findings.effects, look)
    return made
