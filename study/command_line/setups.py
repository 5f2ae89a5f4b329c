"""What --weights and --network change in the setup of a segmenter."""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from study.design import Setup
from trainables.segmenters.families import FAMILIES
from trainables.segmenters.family import Family
from trainables.wire.reading import spec_of_model


def by_segmenter(texts: Iterable[str], *, option: str) -> dict[str, str]:
    """What an option says of each segmenter.

    Args:
        texts: `SEGMENTER=TEXT` each.
        option: for the error.

    Raises:
        ValueError: a text is none, or names no segmenter, or one twice.
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


def changed_setup(
    setup: Setup, segmenter: str, *, weights: str, network: str, places: Mapping[str, Any]
) -> Setup:
    """A setup with the weights and the network that the user gave.

    Args:
        setup: of the study.
        segmenter: its name.
        weights: what --weights says of it; empty: nothing.
        network: what --network says of it; empty: nothing.
        places: its cores and share of a GPU, where the user gave them.

    Raises:
        ValueError: there is no such model or network, or they do not go together.
    """
    family = FAMILIES[segmenter]
    changes = _chosen(family, setup, weights=weights, network=network)
    if "segmenter" in changes:
        changes["training"] = family.training(changes["segmenter"], setup.training)
    return dataclasses.replace(setup, **changes, **places)


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
    """A file under the same name, wherever the command is given; another name as it is."""
    return str(Path(weights).resolve()) if Path(weights).exists() else weights
