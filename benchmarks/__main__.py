"""``python -m benchmarks [NAME ...]``: measure, print the page, keep it and the figures.

Without a name everything is measured, and the page written. With ``--quick`` everything is
measured once, which takes a fifth of the time and varies more.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime

from benchmarks import (
    asking,
    code_identity,
    digests,
    large_values,
    parallel,
    parameter_hashing,
    planning,
    shared_work,
    start_up,
    tiny,
)
from benchmarks.section import Say, Section, machine

SECTIONS: dict[str, Callable[[bool, Say], Section]] = {
    "tiny": tiny.section,
    "shared_work": shared_work.section,
    "planning": planning.section,
    "code_identity": code_identity.section,
    "parameter_hashing": parameter_hashing.section,
    "large_values": large_values.section,
    "digests": digests.section,
    "parallel": parallel.section,
    "start_up": start_up.section,
    "asking": asking.section,
}
_HERE = os.path.dirname(os.path.abspath(__file__))
_RESULTS = os.path.join(_HERE, "results")
_PAGE = os.path.join(os.path.dirname(_HERE), "docs", "benchmarks.md")
_HEAD = """\
# What the engine costs

`make bench` writes this page. Every figure is the median of interleaved repetitions, most of them
in processes of their own, and stands beside its floor: plain code for the same files or values,
measured in the same minutes. "Falls short" is said where more was aimed at.

Measured on {date} with {cores} cores, Python {python}, {system}, and a load of {load} from
other work when it began.
"""


def main() -> None:
    """Measure and print; takes a quarter of an hour."""
    names = [one for one in sys.argv[1:] if one != "--quick"]
    unknown = set(names) - SECTIONS.keys()
    if unknown:
        raise SystemExit(
            f"There is no benchmark {unknown.pop()}: choose of {', '.join(SECTIONS)}; --quick."
        )
    # processes are started as users start them: their modules are compiled already
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    facts = machine()
    sections = {name: SECTIONS[name]("--quick" in sys.argv, _say) for name in names or SECTIONS}
    written = _HEAD.format(**facts) + "".join(
        f"\n## {section.title}\n\n{section.text.strip()}\n" for section in sections.values()
    )
    print(written)
    if not names:
        with open(_PAGE, "w", encoding="utf-8") as file:
            file.write(written)
    os.makedirs(_RESULTS, exist_ok=True)
    result = os.path.join(_RESULTS, f"{datetime.now():%Y-%m-%d-T%H%M%S}.json")
    with open(result, "w", encoding="utf-8") as file:
        figures = {name: section.figures for name, section in sections.items()}
        json.dump({**facts, **figures}, file, indent=2)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
