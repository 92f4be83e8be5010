from history_fixtures import begin, change, history, rows, told

__all__ = ["begin", "change", "history", "rows", "told"]
