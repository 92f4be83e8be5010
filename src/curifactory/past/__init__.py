"""The past: what was run and made, asked of the run history."""
