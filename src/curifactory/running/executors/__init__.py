"""Executors: what carries out work orders somewhere."""
