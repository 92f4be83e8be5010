"""``python -m benchmarks``: measure, print the page, keep it and the figures.

With ``--quick`` everything is measured once, which takes a third of the time and varies more.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime

from benchmarks.asking import REPETITIONS as ASKING_REPETITIONS
from benchmarks.asking import measure_asking
from benchmarks.code_identity import code_seconds
from benchmarks.measure import REPETITIONS, measure
from benchmarks.planning import REPETITIONS as PLAN_REPETITIONS
from benchmarks.planning import measure_planning
from benchmarks.start_up import start_up_seconds
from benchmarks.tables import machine, page

_HERE = os.path.dirname(os.path.abspath(__file__))
_RESULTS = os.path.join(_HERE, "results")
_PAGE = os.path.join(os.path.dirname(_HERE), "docs", "benchmarks.md")


def main() -> None:
    """Measure everything; takes some minutes."""
    facts = machine()
    starts = start_up_seconds()
    repetitions = dict.fromkeys(REPETITIONS, 1) if "--quick" in sys.argv else REPETITIONS
    plan_repetitions = 1 if "--quick" in sys.argv else PLAN_REPETITIONS
    plans = measure_planning(plan_repetitions, _say)
    medians = measure(repetitions, _say)
    code = code_seconds()
    asking = measure_asking(1 if "--quick" in sys.argv else ASKING_REPETITIONS, _say)
    written = page(medians, repetitions, (plans, plan_repetitions), code, starts, asking, facts)
    print(written)
    with open(_PAGE, "w", encoding="utf-8") as file:
        file.write(written)
    os.makedirs(_RESULTS, exist_ok=True)
    result = os.path.join(_RESULTS, f"{datetime.now():%Y-%m-%d-T%H%M%S}.json")
    with open(result, "w", encoding="utf-8") as file:
        json.dump(
            {
                **facts,
                "repetitions": repetitions,
                "start_up": starts,
                "per_stage": medians,
                "per_planned_step": plans,
                "code_of_a_stage": code,
                "asking": asking,
            },
            file,
            indent=2,
        )


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
