"""What all trainings share: batches, clock, learning rates, one loop, and its engine on torch.

Imports `spec`, `results` and `data`; knows no segmenter and no GAN.
"""
