"""What a training leaves behind: scores, costs and the files of its model.

Imports `spec`.
"""
