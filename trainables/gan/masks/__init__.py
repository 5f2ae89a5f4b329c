"""Where the instance maps come from that a GAN paints.

Imports `data`, its simulation, and `spec`.
"""
