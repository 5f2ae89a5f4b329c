"""Fitting a GAN, monitored, and stopped where it diverges or collapses.

Imports the other rooms of `gan`, `data`, `spec` and `training`.
"""
