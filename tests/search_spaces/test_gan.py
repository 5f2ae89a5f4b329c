"""The search over GANs is conditional on the architecture, and starts with the first of each."""

import optuna

from search_spaces import gan
from trainables.spec.flat import build, part_of
from trainables.spec.gan_spec import GanSpec, paper_gan

GANS = (
    paper_gan("spade", width=32),
    paper_gan("paired"),
    paper_gan("spade", width=32, mask_source="annotated"),
)


def chosen(gans: tuple[GanSpec, ...], values: dict[str, object]) -> tuple[GanSpec, set[str]]:
    trial = optuna.trial.FixedTrial(values)
    flat = gan.suggest(trial, gans=gans)
    return build(GanSpec, part_of(part_of(flat, "extra"), "gan")), set(trial.params)


def test_the_search_starts_with_the_first_of_each_architecture() -> None:
    first, second = gan.starts(GANS)
    assert chosen(GANS, first) == (
        GANS[0],
        {"gan.architecture", "gan.spade.variant"},
    )
    assert chosen(GANS, second) == (GANS[1], {"gan.architecture"})


def test_an_architecture_without_variants_has_no_further_parameter() -> None:
    assert chosen(GANS, {"gan.architecture": "paired"}) == (GANS[1], {"gan.architecture"})


def test_every_gan_can_be_reached_and_no_other() -> None:
    found = [
        chosen(GANS, {"gan.architecture": name, f"gan.{name}.variant": place})[0]
        for name, place in (("spade", 0), ("paired", 0), ("spade", 1))
    ]
    assert found == list(GANS)


def test_one_gan_leaves_nothing_to_search() -> None:
    only = (GanSpec(),)
    assert gan.starts(only) == [{}]
    assert chosen(only, {}) == (only[0], set())
