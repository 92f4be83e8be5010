from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_reports_are_served_on_this_machine_until_a_signal(command, project, number, status):
    assert command("experiment", "one").returncode == 0
    server = subprocess.Popen(
        [str(Path(sys.executable).parent / "experiment"), "reports", "--port", "0"],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
        # a job in the background of a shell passes on that it ignores Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    address = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
    with urllib.request.urlopen(address.group()) as answer:
        page = answer.read().decode()
    server.send_signal(number)
    server.communicate()

    assert "one_1_" in page
    assert server.returncode == status


def test_the_list_of_reports_can_be_written_anew(command, project):
    command("experiment", "one")
    (project / "reports" / "index.html").unlink()

    result = command("curifactory", "reports", "--update")

    assert result.stdout == "reports/index.html\n"
    assert "one_1_" in (project / "reports" / "index.html").read_text()


def test_without_reports_there_is_a_clear_message(command):
    result = command("curifactory", "reports")

    assert result.returncode == 1
    assert result.stderr.startswith("Error: There is no folder reports/")
