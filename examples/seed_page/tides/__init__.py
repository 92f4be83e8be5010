"""A made-up harbour: its tide, a model of it, and how that model is kept."""
