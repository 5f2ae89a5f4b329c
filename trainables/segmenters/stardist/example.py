"""The lines of Python that make stock StarDist do what an exported model does in the study."""

from collections.abc import Iterator

TO_SCALE = """\
seen = rescale(
    seen, {scale!r}, order=1, anti_aliasing={shrinks}, mode="reflect", channel_axis=-1
)
"""
FROM_SCALE = """\
labels = resize(
    labels, image.shape[:2], order=0, preserve_range=True, anti_aliasing=False
).astype(labels.dtype)
"""


def stardist_example(name: str, *, scale: float) -> Iterator[str]:
    """Lines that turn `image`, an array [H, W, C], into `labels`.

    The `scale` of `predict_instances` would not do: it shrinks without blurring, and so other
    cells are found.

    Args:
        name: of the model's folder, beside the working folder.
        scale: factor by which images must be enlarged for the model.
    """
    yield "from csbdeep.utils import normalize"
    if scale != 1:
        yield "from skimage.transform import rescale, resize"
    yield "from stardist.models import StarDist2D"
    yield ""
    yield f'model = StarDist2D(None, name="{name}", basedir="..")'
    yield "seen = normalize(image, 1, 99.8, axis=(0, 1))"
    if scale != 1:
        yield from TO_SCALE.format(scale=scale, shrinks=scale < 1).splitlines()
    yield 'labels, _ = model.predict_instances(seen, axes="YXC")'
    if scale != 1:
        yield from FROM_SCALE.splitlines()
