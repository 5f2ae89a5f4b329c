"""The key numbers under the verdict."""

from dataclasses import dataclass

from reports import words
from reports.verdict.verdict import Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One key number of the answer strip."""

    label: str
    value: str
    detail: str


def key_facts(decision: Decision) -> list[Fact]:
    """The answer strip: empty before any arm has been confirmed."""
    best, winner = decision.best, decision.winner
    if best is None or winner is None or best.f1 is None:
        return []
    chosen = decision.summary(winner.arm)
    assert chosen.f1 is not None
    facts = [
        Fact(
            label="Recommended",
            value=words.arm_title(chosen.arm),
            detail="best beyond chance" if winner.proven else "not proven best",
        ),
        Fact(
            label="Test F1@0.5",
            value=words.score(chosen.mean_f1),
            detail=f"95 % interval {words.span(chosen.f1.low, chosen.f1.high)}"
            if chosen.f1.error
            else "no interval from a single group",
        ),
    ]
    second = decision.scored[1] if len(decision.scored) > 1 else None
    lead = decision.between(best.arm.name, second.arm.name) if second else None
    if second and lead:
        facts.append(
            Fact(
                label="Lead of the best",
                value=words.change(lead.found.estimate),
                detail=f"over {words.arm_label(second.arm)} · "
                f"{words.change_span(lead.found.low, lead.found.high)}",
            )
        )
    return [
        *facts,
        Fact(
            label="One training",
            value=words.seconds(chosen.cost.model_device_seconds),
            detail="device time, its GAN included"
            if chosen.cost.model_gan_device_seconds
            else "device time",
        ),
        Fact(
            label="Model to take home",
            value=winner.trial_id,
            detail=f"validation F1 {words.score(winner.validation_f1)}",
        ),
    ]
