"""The one place where a flat spec becomes a spec again: from Ray's config, from the store."""

from typing import Any

from trainables.spec.trial_spec import Spec, gan_fit_spec, trial_spec


def read_spec(flat: dict[str, Any]) -> Spec:
    """Reads what `flatten` made of a `TrialSpec` or a `GanFitSpec`.

    Fields that software of before did not know take their defaults.

    Raises:
        ValueError: a value is out of range, or a name is not known or lacking.
    """
    return gan_fit_spec(flat) if flat.get("stage") == "fit_gans" else trial_spec(flat)
