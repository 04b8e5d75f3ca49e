"""What the README prints works as printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import playground

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_ten_lines_work(capsys):
    """Each comment after a print is what is printed."""
    names = {}
    exec(PYTHON[0], names)
    names["pg"].stop()
    promised = re.findall(r"print\(.*\) +# (.*)", PYTHON[0])

    assert promised == ["you said: hello", "new code says: hello"]
    assert [line for line in capsys.readouterr().out.splitlines() if "says" in line or "said" in line] == promised


def test_the_app_works_here_and_under_uvicorn():
    """The same file, `TestClient`, a playground, and a path parameter."""
    names = {"__name__": "main"}
    exec(PYTHON[1], names)
    with playground.Playground(names["app"]) as pg, pg.connect("/echo") as client:
        client.send_json({"a": 1})

        assert client.receive_json() == {"echo": {"a": 1}}
        assert TestClient(pg.app).get("/ada").text == "Hello, ada"


def test_the_same_file_runs_with_uvicorn(tmp_path):
    """`uvicorn main:app`, as the README says."""
    from playground.client.async_client import AsyncClient
    from playground.client.client import Client

    (tmp_path / "main.py").write_text(PYTHON[1], "utf-8")
    command = [sys.executable, "-m", "uvicorn", "main:app", "--port=0", "--no-use-colors"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        try:
            # The system chooses the port, and uvicorn names it once it listens; if it ends before, so does its log.
            said, port = "", None
            while port is None and (line := process.stderr.readline()):
                said += line
                port = re.search(r"running on http://127\.0\.0\.1:(\d+)", line)
            assert port, said
            with Client(AsyncClient(f"ws://127.0.0.1:{port[1]}/echo")).connect() as client:
                client.send_json([1])
                assert client.receive_json() == {"echo": [1]}
        finally:
            process.terminate()


def test_the_cell_of_the_readme_is_an_endpoint():
    """The block that begins with %%endpoint."""
    cell = re.search(r"```\n%%endpoint /echo\n(.*?)```", README, re.DOTALL).group(1)
    with playground.Playground() as pg:
        pg.edit("/echo", cell)
        with pg.connect("/echo") as client:
            client.send("hello")

            assert client.receive() == "HELLO"


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_somewhere(target):
    """Within the repository."""
    assert (ROOT / target).exists()


def test_every_public_name_is_shown_somewhere():
    """In the README or a notebook, errors aside: they are met, not called."""
    shown = README + "".join(path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.ipynb"))
    errors = {
        name
        for name in playground.__all__
        if isinstance(getattr(playground, name), type) and issubclass(getattr(playground, name), Exception)
    }
    quiet = {"load_ipython_extension", "Event", "Log", "OpenedLog", "Client", "AsyncClient", "Playground"}

    assert {name for name in set(playground.__all__) - errors - quiet if f"playground.{name}" not in shown} == set()
