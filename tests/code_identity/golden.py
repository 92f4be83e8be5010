"""Print the digests of the sample projects in `golden.json`, as this Python sees them.

`python golden.py FOLDER` writes the projects there; it needs no installed package but curifactory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from projects import cases, look, running, write

GOLDEN = Path(__file__).with_name("golden.json")


def digests(folder: Path) -> dict[str, str]:
    """Give the digest of each sample by its title."""
    by_title = {case.title: case for case in cases("must_change.txt")}
    found = {}
    for number, title in enumerate(json.loads(GOLDEN.read_text())):
        place = write(folder / str(number), by_title[title].files)
        with running(place):
            found[title] = look(place).digest
    return found


if __name__ == "__main__":
    print(json.dumps(digests(Path(sys.argv[1])), indent=2))
