"""Names in a query that no artifact has, and which may have been meant."""

from __future__ import annotations

from curifactory.past.queries import ArtifactQuery
from curifactory.past.reader import Past
from curifactory.settings import nearest

_NAMED = {"experiment": "of experiment", "stage": "of stage", "name": "named"}


def unknown_names(past: Past, query: ArtifactQuery) -> list[str]:
    """A sentence for each name in a query that no artifact in the history has."""
    said = []
    for column, words in _NAMED.items():
        given = getattr(query, column)
        known = {str(name) for (name,) in past.rows(f"SELECT DISTINCT {column} FROM artifacts")}
        if given is not None and given not in known:
            said.append(f"No artifact in the history is {words} '{given}'.{nearest(given, known)}")
    return said
