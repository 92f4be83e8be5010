"""Carrying out steps elsewhere: which, when, and how what they made becomes this run's."""
