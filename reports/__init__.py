"""After the study: from the store to a verdict with intervals and pictures."""
