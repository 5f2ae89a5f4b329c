"""Everything that happens inside one trial; knows no Ray, Optuna or MLflow (but for one file)."""
