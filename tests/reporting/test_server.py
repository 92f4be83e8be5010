from __future__ import annotations

import socket
import threading
import urllib.request

import pytest

from curifactory.errors import ConfigurationError, NotFoundError
from curifactory.reporting.server import report_server, serve_reports


def get(server, path):
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}{path}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read(), answer.headers
    finally:
        server.shutdown()
        thread.join()


def test_a_report_can_be_read(tmp_path):
    (tmp_path / "index.html").write_text("the list")
    with report_server(str(tmp_path), "127.0.0.1", 0) as server:
        content, headers = get(server, "/")
    assert content == b"the list"
    assert headers["Cache-Control"] == "no-cache"


def test_nothing_outside_of_the_folder_can_be_read(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "reports").mkdir()
    with (
        report_server(str(tmp_path / "reports"), "127.0.0.1", 0) as server,
        pytest.raises(urllib.error.HTTPError) as caught,
    ):
        get(server, "/%2e%2e/secret")
    caught.value.close()
    assert caught.value.code == 404


def test_only_this_machine_can_connect_unless_told_otherwise(tmp_path, monkeypatch):
    seen = []

    def announce(text):
        seen.append(text)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve_reports(str(tmp_path), port=0, announce=announce)
    assert "http://127.0.0.1:" in seen[0]


def test_a_port_in_use_is_an_error_that_says_what_to_do(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"port {port} is in use.*--port"):
            serve_reports(str(tmp_path), port=port)


@pytest.mark.parametrize(
    ("host", "port", "hint"),
    [("127.0.0.1", 70000, "--port"), ("no.such.host.invalid", 0, "--host")],
)
def test_an_impossible_address_is_an_error_that_says_what_to_do(host, port, hint, tmp_path):
    with pytest.raises(ConfigurationError, match=hint):
        serve_reports(str(tmp_path), host, port)


def test_a_missing_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(NotFoundError, match="nowhere"):
        serve_reports(str(tmp_path / "nowhere"))
