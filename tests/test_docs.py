"""Everything that the documents show is executed, and prints what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from run_document import blocks, missing_line

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_document_shows_works(page, tmp_path):
    own = {key: text for key, text in os.environ.items() if not key.startswith("CURIFACTORY_")}
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "run_document.py", page],
        cwd=tmp_path,
        env=own | {"NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_in_a_document_lead_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_blocks_know_their_lines():
    page = "Words\n\n```python\nx = 1\n```\n```text\n1\n```\n"
    assert list(blocks(page)) == [("python", "x = 1\n", 3), ("text", "1\n", 6)]


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        ("one\nthree", None),
        ("t...ee", None),
        ("done in 99.9s at 2000-01-01-T000000", None),
        ("three\none", "one"),
        ("one and a half", "one and a half"),
        ("on", "on"),
    ],
)
def test_what_was_printed_is_compared_line_by_line_in_order(expected, missing):
    printed = "one\ntwo\nthree\ndone  in 0.1s at 2026-11-22-T220000\n"
    assert missing_line(expected, printed) == missing
