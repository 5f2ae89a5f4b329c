"""The model families that turn images into labels."""
