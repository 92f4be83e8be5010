"""Parameter files: `experiment digits -p NAME` sends the sets of params/NAME.py through."""
