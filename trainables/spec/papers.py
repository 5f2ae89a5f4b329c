"""The papers that methods come from, as a report cites them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """One publication."""

    citation: str
    """Short, for the middle of a sentence: "Isola et al. 2017"."""
    reference: str
    """Authors, title, where and when, as one line of a list of references."""
    doi: str
    """DOI without the resolver's address; arXiv preprints have one, too."""

    def __str__(self) -> str:
        """The whole entry of a list of references."""
        return f"{self.reference} doi:{self.doi}"


PIX2PIX = Paper(
    citation="Isola et al. 2017",
    reference="Isola, Zhu, Zhou, Efros. Image-to-image translation with conditional adversarial "
    "networks. CVPR 2017.",
    doi="10.48550/arXiv.1611.07004",
)
PIX2PIXHD = Paper(
    citation="Wang et al. 2018",
    reference="Wang, Liu, Zhu, Tao, Kautz, Catanzaro. High-resolution image synthesis and semantic "
    "manipulation with conditional GANs. CVPR 2018.",
    doi="10.48550/arXiv.1711.11585",
)
SPADE = Paper(
    citation="Park et al. 2019",
    reference="Park, Liu, Wang, Zhu. Semantic image synthesis with spatially-adaptive "
    "normalization. CVPR 2019.",
    doi="10.48550/arXiv.1903.07291",
)
OASIS = Paper(
    citation="Schönfeld et al. 2021",
    reference="Schönfeld, Sushko, Zhang, Gall, Schiele, Khoreva. You only need adversarial "
    "supervision for semantic image synthesis. ICLR 2021.",
    doi="10.48550/arXiv.2012.04781",
)
CYCLEGAN = Paper(
    citation="Zhu et al. 2017",
    reference="Zhu, Park, Isola, Efros. Unpaired image-to-image translation using cycle-consistent "
    "adversarial networks. ICCV 2017.",
    doi="10.48550/arXiv.1703.10593",
)
R3GAN = Paper(
    citation="Huang et al. 2025",
    reference="Huang, Gokaslan, Kuleshov, Tompkin. The GAN is dead; long live the GAN! A modern "
    "GAN baseline. arXiv, 2025.",
    doi="10.48550/arXiv.2501.05441",
)
DCGAN = Paper(
    citation="Radford et al. 2016",
    reference="Radford, Metz, Chintala. Unsupervised representation learning with deep "
    "convolutional generative adversarial networks. ICLR 2016.",
    doi="10.48550/arXiv.1511.06434",
)
WGAN_GP = Paper(
    citation="Gulrajani et al. 2017",
    reference="Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville. Improved training of Wasserstein "
    "GANs. NeurIPS 2017.",
    doi="10.48550/arXiv.1704.00028",
)
