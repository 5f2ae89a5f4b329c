"""What all trainings share: batches, clock, learning rates, optimiser, loop.

Imports `spec`, `results` and `data`; knows no segmenter and no GAN.
"""
