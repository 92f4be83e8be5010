"""What an artifact was made from, and what was made from it, by the content that stages read."""

from __future__ import annotations

import sqlite3

# an aggregate may read one name from records in which different stages made it
_SAME_STAGE = "instr(', ' || {stages} || ', ', ', ' || source.stage || ', ')"
_SOURCE = (
    "SELECT source.id FROM artifacts AS source WHERE {where} AND "
    + _SAME_STAGE.format(stages=":stage")
    # of several with equal content, the one that was there when it was read
    + " ORDER BY source.name = :input DESC, source.place = :place DESC, "
    "source.generated <= :generated DESC, source.generated DESC, source.id DESC LIMIT 1"
)
# without the plus, SQLite may look for the content first, which many artifacts may share
_OF_RECORD = _SOURCE.format(where="source.hash = :hash AND +source.content = :content")
_OF_ANY_RECORD = _SOURCE.format(where="source.content = :content")

_READ_FROM = "CASE inputs.hash WHEN '' THEN consumer.hash ELSE inputs.hash END"
"""The hash of the record that an input came from; the artifact's own unless it says otherwise."""

_INPUTS = f"""
SELECT input, inputs.stage, inputs.hash, inputs.content, {_READ_FROM}, place, generated
FROM inputs JOIN artifacts AS consumer ON consumer.id = inputs.artifact
WHERE inputs.artifact = ? ORDER BY inputs.rowid
"""
_CONSUMERS = f"""
SELECT DISTINCT consumer.id
FROM artifacts AS made
JOIN inputs ON inputs.content = made.content
JOIN artifacts AS consumer ON consumer.id = inputs.artifact
WHERE made.id = ? AND {_SAME_STAGE.format(stages="inputs.stage").replace("source", "made")}
AND ({_READ_FROM} = made.hash OR NOT EXISTS (
    SELECT 1 FROM artifacts AS source
    WHERE source.hash = {_READ_FROM} AND +source.content = inputs.content
    AND {_SAME_STAGE.format(stages="inputs.stage")}
))
ORDER BY consumer.id
"""

SourceRow = tuple[str, str | None, str, str | None, int | None]
"""Input, stage, hash and content of a source, and the ``id`` of the artifact if one is known."""


def source_rows(connection: sqlite3.Connection, artifact: int) -> list[SourceRow]:
    """What an artifact was made from, in the order of its inputs.

    A record that went on with other parameters reads what was made under another hash: if none of
    its own has the content, an artifact of any other record is taken.
    """
    found: list[SourceRow] = []
    for input_, stage, hash_, content, *facts in connection.execute(_INPUTS, (artifact,)):
        wanted = dict(zip(("hash", "place", "generated"), facts, strict=True))
        wanted |= {"input": input_, "stage": stage, "content": content}
        known = None
        if stage is not None and content is not None:
            known = (
                connection.execute(_OF_RECORD, wanted).fetchone()
                or connection.execute(_OF_ANY_RECORD, wanted).fetchone()
            )
        found.append((input_, stage, hash_, content, None if known is None else int(known[0])))
    return found


def consumer_ids(connection: sqlite3.Connection, artifact: int) -> list[int]:
    """The ``id`` of everything that was made from an artifact, in the order of making."""
    return [int(id_) for (id_,) in connection.execute(_CONSUMERS, (artifact,))]
