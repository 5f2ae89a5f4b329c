"""How arms and numbers are written, so that text, tables and figures write them alike."""

import math

from reports.facts import Arm
from trainables.segmenters.families import FAMILIES

EXTRA_DATA = {
    "copy_paste": "copy-paste",
    "cutmix": "CutMix",
    "chessmix": "ChessMix",
    "real_repeated": "real crops repeated",
    "gan": "GAN data",
    "pseudo_labels": "pseudo-labels",
}
MISSING = "–"


def arm_label(arm: Arm) -> str:
    """What the arm does, for the middle of a sentence: "fine-tuned Cellpose + GAN data"."""
    family = FAMILIES.get(arm.segmenter)
    label = segmenter_title(arm.segmenter)
    if arm.initial_weights == "pretrained":
        label = f"{'fine-tuned' if arm.is_trained else 'zero-shot'} {label}"
    elif arm.initial_weights == "gan_encoder":
        label += " with GAN encoder"
    elif family is None or family.usual_start != "scratch":
        label += " from scratch"
    if arm.extra_data != "none":
        label += f" + {EXTRA_DATA.get(arm.extra_data, arm.extra_data)}"
    return label


def segmenter_title(name: str) -> str:
    """What a segmenter is called; the bare name of one that this version does not know."""
    return FAMILIES[name].title if name in FAMILIES else name


def arm_title(arm: Arm) -> str:
    """The same for the start of a sentence, a table or a figure."""
    return starting(arm_label(arm))


def starting(text: str) -> str:
    """The text with its first letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def score(value: float) -> str:
    """A score in [0, 1], with three decimals."""
    return MISSING if math.isnan(value) else f"{value:.3f}"


def change(value: float) -> str:
    """A difference of scores, with its sign."""
    return MISSING if math.isnan(value) else f"{value:+.3f}".replace("-", "−")


def span(low: float, high: float) -> str:
    """An interval of scores, clipped to possible scores."""
    return MISSING if math.isnan(low) else f"{max(low, 0):.3f} to {min(high, 1):.3f}"


def change_span(low: float, high: float) -> str:
    """An interval of differences, clipped to possible ones."""
    return MISSING if math.isnan(low) else f"{change(max(low, -1))} to {change(min(high, 1))}"


def detectable(value: float) -> str:
    """A detectable difference; one above 1 cannot exist."""
    return "none" if value >= 1 else score(value)


def p_value(value: float) -> str:
    """A p-value, never shown as zero."""
    if math.isnan(value):
        return MISSING
    if value < 0.001:
        return "< 0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def seconds(value: float) -> str:
    """A time in a suitable unit."""
    if math.isnan(value):
        return MISSING
    if value < 60:
        return f"{value:.1f} s" if 0 < value < 10 else f"{value:.0f} s"
    return f"{value / 60:.1f} min" if value < 3600 else f"{value / 3600:.1f} h"


def percent(value: float) -> str:
    """A share in [0, 1] as a percentage."""
    return MISSING if math.isnan(value) else f"{100 * value:.0f} %"


def number(value: float) -> str:
    """A setting or distance, with three significant digits."""
    return MISSING if math.isnan(value) else f"{value:.3g}".replace("-", "−")


def signed(value: float) -> str:
    """A number of images gained or lost, with its sign."""
    return MISSING if math.isnan(value) else f"{value:+.1f}".replace("-", "−").removesuffix(".0")


def signed_span(low: float, high: float) -> str:
    """An interval of such numbers, whose ends may lie outside what was measured."""
    if math.isnan(low):
        return MISSING
    if math.isinf(low) and math.isinf(high):
        return "outside the range" if low == high else "wider than the range"
    if math.isinf(low):
        return f"up to {signed(high)}"
    return f"{signed(low)} or more" if math.isinf(high) else f"{signed(low)} to {signed(high)}"


def images(value: float, smallest: int, largest: int) -> str:
    """A number of annotated images read off a curve, or the end of the curve it lies beyond."""
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return f"> {largest}" if value > 0 else f"≤ {smallest}"
    return f"{value:.1f}".removesuffix(".0")


def images_span(low: float, high: float, smallest: int, largest: int) -> str:
    """An interval of such numbers."""
    if math.isnan(low):
        return MISSING
    if low == high:
        return images(low, smallest, largest)
    if low == -math.inf and high == math.inf:
        return "not known within the range"
    return f"{images(low, smallest, largest)} to {images(high, smallest, largest)}"


def setting(value: object) -> str:
    """A setting's value as a reader would write it."""
    if value is None:
        return MISSING
    return number(value) if isinstance(value, float) else str(value)


def reading(kind: str, margin_f1: float) -> str:
    """What may be said about two arms, as `Comparison.reading` has it."""
    return {
        "single_group": "no claim from a single group",
        "single_draw": "no claim from a single draw",
        "different": "different",
        "equal": f"no difference above {margin_f1:g}",
        "hint": "a hint, not beyond so many comparisons",
        "unknown": "could not tell",
    }[kind]


def count(amount: int, singular: str, plural: str = "") -> str:
    """An amount with its noun: "1 draw", "3 draws"."""
    return f"{amount} {singular if amount == 1 else plural or singular + 's'}"


def listed(names: list[str]) -> str:
    """Names joined for a sentence: "A, B and C"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
