"""What is known of Cellpose's public models."""

from trainables.segmenters.published import PublicWeights

CELLPOSE_SAM = PublicWeights(
    licence="CC-BY-NC-4.0",
    trained_on=(
        "cellpose",
        "dsb2018",
        "omnipose",
        "tissuenet",
        "livecell",
        "yeaz",
        "deepbacs",
        "neurips2022",
        "monuseg",
        "monusac",
        "cryonuseg",
        "nuinsseg",
        "bccd",
        "cpm",
        "tnbc",
        "lynsec",
        "ihc tma",
        "conic",
        "pannuke",
    ),
)
"""Source: Pachitariu et al. 2025 (doi:10.1101/2025.04.28.651001), whose "Cellpose Nuclei" holds
images of DSB2018 and whose encoder was pretrained on natural images."""
PUBLISHED = {"cpsam": CELLPOSE_SAM, "cpsam_v2": CELLPOSE_SAM}
"""Public models, by the name that Cellpose gives them."""
