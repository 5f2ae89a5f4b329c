"""Published models are looked for before a study starts, not by each of its trials."""

from study.design import ARMS, Study


def refuse_missing_models(study: Study) -> None:
    """Looks for every published model that an arm starts from; fetches it where there is a hub.

    Raises:
        ValueError: names the model that is missing, where to put it, and the alternative.
    """
    for segmenter in sorted(
        {ARMS[name].segmenter for name in study.arms if _is_public(study, name)}
    ):
        _find(segmenter, study.family(segmenter).public_weights)


def _is_public(study: Study, arm_name: str) -> bool:
    arm = ARMS[arm_name]
    return arm.initial_weights == "pretrained" and bool(study.family(arm.segmenter).public_weights)


def _find(segmenter: str, name: str) -> None:
    if segmenter == "cellpose":
        from trainables.segmenters.cellpose_weights import find_public_weights

        find_public_weights(name, may_download=True)
    elif segmenter == "stardist":
        from trainables.segmenters.stardist_network import public

        public(name)
    else:
        raise ValueError(f"There are no published weights of {segmenter}, but got {name!r}.")
