"""Carrying out decisions: one step at a time, in this process."""
