"""The papers that a study rests on, as a methods section cites them."""

REFERENCES = {
    "cellpose_fine_tuning": "Pachitariu, Stringer. Cellpose 2.0: how to train your own model. "
    "Nature Methods 19, 2022.",
    "copy_paste": "Ghiasi et al. Simple copy-paste is a strong data augmentation method for "
    "instance segmentation. CVPR 2021.",
    "pseudo_labels": "Tarvainen, Valpola. Mean teachers are better role models. NeurIPS 2017.",
    "gan_encoder": "Majurski et al. Cell image segmentation using generative adversarial "
    "networks, transfer learning, and augmentations. CVPR Workshops 2019.",
    "kid": "Bińkowski, Sutherland, Arbel, Gretton. Demystifying MMD GANs. ICLR 2018.",
    "low_label": "Oliver, Odena, Raffel, Cubuk, Goodfellow. Realistic evaluation of deep "
    "semi-supervised learning algorithms. NeurIPS 2018.",
    "f1": "Caicedo et al. Evaluation of deep learning strategies for nucleus segmentation in "
    "fluorescence images. Cytometry A 95, 2019.",
    "optuna": "Akiba, Sano, Yanase, Ohta, Koyama. Optuna: a next-generation hyperparameter "
    "optimization framework. KDD 2019.",
    "ray": "Liaw et al. Tune: a research platform for distributed model selection and training. "
    "arXiv:1807.05118, 2018.",
    "behrens_fisher": "Robinson. Properties of Student's t and of the Behrens-Fisher solution to "
    "the two means problem. Annals of Statistics 4, 1976.",
    "holm": "Holm. A simple sequentially rejective multiple test procedure. Scandinavian Journal "
    "of Statistics 6, 1979.",
    "union": "Berger. Multiparameter hypothesis testing and acceptance sampling. Technometrics "
    "24, 1982.",
    "tost": "Schuirmann. A comparison of the two one-sided tests procedure and the power approach. "
    "Journal of Pharmacokinetics and Biopharmaceutics 15, 1987.",
    "improvement": "Agarwal, Schwarzer, Castro, Courville, Bellemare. Deep reinforcement learning "
    "at the edge of the statistical precipice. NeurIPS 2021.",
    "fieller": "Fieller. Some problems in interval estimation. Journal of the Royal Statistical "
    "Society B 16, 1954.",
    "fanova": "Hutter, Hoos, Leyton-Brown. An efficient approach for assessing hyperparameter "
    "importance. ICML 2014.",
    "spearman": "Bonett, Wright. Sample size requirements for estimating Pearson, Kendall and "
    "Spearman correlations. Psychometrika 65, 2000.",
}
"""Papers by short name, in the order of a methods section. Those of GANs are in
`ARCHITECTURES`, those of segmenters with their families."""
