"""Everything above a trial: design, stages, store, tracking, command line."""
