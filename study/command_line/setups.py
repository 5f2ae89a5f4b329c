"""How options change the setups of segmenters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from study.design import ARMS, Setup, Study
from trainables.segmenters.families import FAMILIES, family_of
from trainables.segmenters.family import Family
from trainables.wire.reading import spec_of_model


def by_segmenter(texts: Iterable[str], *, option: str) -> dict[str, str]:
    """What an option says about each segmenter.

    Args:
        texts: each `SEGMENTER=TEXT`.
        option: its name, for the error.

    Raises:
        ValueError: a text has another form, names no segmenter, or names one again.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in FAMILIES or not equals or not value:
            raise ValueError(
                f"{option} must be SEGMENTER=TEXT, with a segmenter of {', '.join(FAMILIES)}, but "
                f"got {text!r}."
            )
        if name in found:
            raise ValueError(f"{option} must name {name} once, but got {text!r} as well.")
        found[name] = value
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class SetupWishes:
    """What the user asks for in segmenters; what is empty or None stays as it is."""

    weights: Mapping[str, str]
    """What --weights says, by segmenter."""
    networks: Mapping[str, str]
    """What --network says, by segmenter."""
    encoder: str | None
    """Encoder of every network that has one."""
    training: Mapping[str, Any]
    """Fields of every `TrainingSpec`."""
    places: Mapping[str, Any]
    """Cores and share of a GPU of every `Setup`."""


def changed_setups(study: Study, wishes: SetupWishes) -> dict[str, Setup]:
    """The setups of a study with what the user asks for.

    Raises:
        ValueError: there is no such model, network or encoder, or they do not go together.
    """
    named = {**study.setups, **wishes.weights, **wishes.networks}
    for_all = wishes.encoder or wishes.training or wishes.places
    changed = FAMILIES if for_all else named
    setups = {
        name: _changed(study.setup(name), family, wishes)
        for name, family in FAMILIES.items()
        if name in changed
    }
    used = [setups[ARMS[name].segmenter].segmenter for name in study.arms if for_all]
    if wishes.encoder and not any(family_of(one).has_encoder(one) for one in used):
        raise ValueError(
            f"--encoder is for networks that have one, but none of {', '.join(study.arms)} has, "
            f"and got {wishes.encoder!r}: leave it out."
        )
    return setups


def _changed(setup: Setup, family: Family[Any], wishes: SetupWishes) -> Setup:
    weights, network = (by.get(family.name, "") for by in (wishes.weights, wishes.networks))
    changes = _chosen(family, setup, weights=weights, network=network)
    settings = changes.get("segmenter", setup.segmenter)
    if wishes.encoder and family.has_encoder(settings):
        settings = changes["segmenter"] = replace(settings, encoder=wishes.encoder)
    training = replace(setup.training, **wishes.training)
    fitting = family.training(settings, training) if settings != setup.segmenter else training
    if wishes.training.get("crop_px", fitting.crop_px) != fitting.crop_px:
        raise ValueError(
            f"--crop must be {fitting.crop_px} for {settings}, the only crop that this network "
            f"takes, but got {training.crop_px}."
        )
    return replace(setup, **changes, training=fitting, **wishes.places)


def _chosen(family: Family[Any], setup: Setup, *, weights: str, network: str) -> dict[str, Any]:
    own = _of_another_study(weights, family) if weights else {}
    if own and network:
        raise ValueError(
            f"--network must be left out for {family.name} where its weights are a model of "
            f"another study, which brings its own network, but got {network!r} with {weights!r}."
        )
    if own:
        return own
    settings = setup.segmenter
    if network:
        settings = family.network(settings, network)
    elif weights:
        settings = family.weights.network(settings, weights)
    changes: dict[str, Any] = {} if settings == setup.segmenter else {"segmenter": settings}
    if weights:
        starts_source = network and family.weights.starts_source(settings)
        changes["encoder_weights" if starts_source else "public_weights"] = _given_name(weights)
    return changes


def _of_another_study(weights: str, family: Family[Any]) -> dict[str, Any]:
    """What a model of another study changes: it brings its own network."""
    from study.inputs.initial_weights import find_own_model

    model = find_own_model(weights, segmenter=family.name)
    if model is None:
        return {}
    return {"public_weights": str(model), "segmenter": spec_of_model(model).segmenter}


def _given_name(weights: str) -> str:
    """The absolute path of a file, valid wherever the command is run; any other name unchanged."""
    return str(Path(weights).resolve()) if Path(weights).exists() else weights
