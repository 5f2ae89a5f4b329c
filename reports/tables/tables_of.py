"""Every table of a study's report, and the lists that go into CSV files alone."""

from collections.abc import Iterable

from reports.columns import Row, Table
from reports.findings.breakdown import breakdown_tables
from reports.findings.findings import Findings
from reports.load import Study
from reports.tables import effect_tables, store_tables, tables, value_tables
from reports.verdict.verdict import Decision


def tables_of(study: Study, decision: Decision, findings: Findings) -> dict[str, Table]:
    """All tables by name; one without rows has nothing to say in this study."""
    made = [
        tables.arms_table(decision),
        tables.comparisons_table(decision.comparisons),
        tables.by_count_table(findings.at_other_counts),
        tables.counts_table(findings.by_count),
        *breakdown_tables(study, findings.groups, count=decision.annotation_count),
        value_tables.equivalence_table(findings.equivalence),
        value_tables.cost_table(findings.cost_to_score),
        value_tables.points_table(findings.points),
        value_tables.optimism_table(findings.optimism),
        effect_tables.two_way_table(findings.cells),
        effect_tables.interaction_table(findings.interactions),
        effect_tables.ablation_table(findings.effects),
        effect_tables.heterogeneity_table(findings.contrasts),
        effect_tables.group_leads_table(findings.group_leads),
        effect_tables.correlations_table(findings.correlations),
        effect_tables.importance_table(findings.importance),
        tables.budget_table(decision, ceiling=study.ceiling_device_seconds),
        store_tables.gans_table(study),
        store_tables.sources_table(study),
        store_tables.failures_table(study),
    ]
    return {table.name: table for table in made}


def csv_only(study: Study, findings: Findings) -> dict[str, Iterable[Row]]:
    """Lists too long for a page, and the whole of tables of which the page shows a part."""
    return {
        "trials": store_tables.trial_rows(study),
        "test_images": store_tables.image_rows(study),
        "groups": findings.groups,
        "group_leads_all": effect_tables.group_rows(findings.group_leads),
    }
