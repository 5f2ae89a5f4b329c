"""Sources of the instance maps that a GAN paints.

Imports `data`, its simulation, and `spec`.
"""
