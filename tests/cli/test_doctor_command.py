from __future__ import annotations

import json


def test_the_doctor_looks_at_both_folders_and_changes_nothing(command, project, tmp_path):
    done = command("curifactory", "doctor", XDG_CONFIG_HOME=str(tmp_path / "home"))
    assert done.stdout.startswith("ok    locks       data/cache: two processes")
    assert "data/: " in done.stdout
    assert not (project / "data").exists()


def test_what_cannot_be_relied_on_exits_with_1_and_says_what_to_do(command, tmp_path):
    key = tmp_path / "home" / "curifactory" / "seal.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(b"k" * 32)
    key.chmod(0o644)
    done = command("curifactory", "doctor", XDG_CONFIG_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert f"warn  seal key    {key}: others than you may read it (mode 0644)" in done.stdout
    assert f"chmod 600 {key}" in done.stdout


def test_json_has_every_finding(command, tmp_path):
    done = command("curifactory", "doctor", "--json", XDG_CONFIG_HOME=str(tmp_path / "home"))
    found = json.loads(done.stdout)
    assert {finding["level"] for finding in found} <= {"ok", "note", "warn"}
    assert done.returncode == any(finding["level"] == "warn" for finding in found)
    assert {"locks", "renames", "case", "clock", "free space", "long names", "seal key"} <= {
        finding["check"] for finding in found
    }


def test_another_cache_folder_can_be_tried(command, tmp_path):
    done = command("curifactory", "doctor", "--cache", str(tmp_path))
    assert f"locks       {tmp_path}: two processes" in done.stdout
