"""`playground doctor` tells what would break from what is only good to know."""

import os
from pathlib import Path

import pytest

from playground.ui import doctor


def test_a_complete_environment_breaks_nothing():
    """Where the tests run, every dependency is there and within its bounds."""
    packages = list(doctor.check_packages())

    assert {check.level for check in packages} == {"ok"}
    assert {"starlette", "jupyterlab", "pytest"} <= {check.subject for check in packages}


@pytest.mark.parametrize(
    ("versions", "subject", "level", "words"),
    [
        pytest.param({"starlette": None}, "starlette", "bad", "not installed", id="base missing"),
        pytest.param({"starlette": "0.52.1"}, "starlette", "bad", "0.52.1, but starlette>=1.9,<2", id="too old"),
        pytest.param({"starlette": "2.0"}, "starlette", "bad", "2.0, but starlette>=1.9,<2", id="too new"),
        pytest.param({"ipykernel": "7.3.0"}, "ipykernel", "bad", "do nothing", id="an old kernel, and why"),
        pytest.param({"jupyterlab": None}, "jupyterlab", "warn", "websocket-playground[lab]", id="lab missing"),
        pytest.param({"pytest": None}, "pytest", "warn", "`playground test`", id="test missing"),
    ],
)
def test_a_package_out_of_bounds_is_found(versions, subject, level, words):
    """The base has to be there; an extra may be left out, but not be too old."""
    [found] = [c for c in doctor.check_packages(lambda name: versions.get(name)) if c.subject == subject]

    assert found.level == level
    assert words in found.finding


def test_an_old_python_would_break():
    """The message names the version there is and the one that is needed."""
    check = doctor.check_python((3, 10, 4))

    assert check.level == "bad"
    assert check.finding == "3.10.4 is too old; 3.11 or newer is needed"


def test_an_applied_nest_asyncio_would_break(monkeypatch):
    """The unmaintained one loses queued cells as soon as it has patched asyncio."""
    monkeypatch.setattr(doctor, "old_nesting_applied", lambda: True)

    [check] = doctor.check_nest_asyncio()

    assert check.level == "bad"
    assert "restart without it" in check.finding


def test_an_installed_nest_asyncio_is_worth_a_word(monkeypatch):
    """Installed is not applied: something else may have brought it."""
    monkeypatch.setattr(doctor, "old_nesting_version", lambda: "1.6.0")

    [check] = doctor.check_nest_asyncio()

    assert check.level == "warn"
    assert "1.6.0 is unmaintained" in check.finding


def test_a_missing_panel_would_break(tmp_path):
    """The package without its script shows an empty cell, so that is said here."""
    assert doctor.check_static(tmp_path).level == "bad"

    (tmp_path / "panel.js").touch()
    assert doctor.check_static(tmp_path) == doctor.Check("ok", "panel", "panel.js")


@pytest.mark.parametrize("package", ["chromium", "firefox-esr"])
def test_a_missing_browser_only_breaks_ci(package):
    """Elsewhere its tests are skipped; the finding names what to install."""
    assert doctor.check_browser(package, "/somewhere/browser").level == "ok"
    assert doctor.check_browser(package, None, ci=False).level == "warn"
    missing = doctor.check_browser(package, None, ci=True)

    assert missing.level == "bad"
    assert f"apt install {package}" in missing.finding


def test_the_folder_of_copies_is_named(tmp_path):
    """Whether it is there already, comes with the first start, or cannot be made."""
    copies = tmp_path / "playground-notebooks"
    assert "copies them to" in doctor.check_notebooks(copies).finding
    copies.mkdir()
    assert doctor.check_notebooks(copies).finding == f"your copies are in {copies}"

    copies.rmdir()
    copies.write_text("a file")
    assert doctor.check_notebooks(copies).level == "warn"


def test_chromium_is_found_by_its_other_names(tmp_path, monkeypatch):
    """A Chrome or an Edge does as well, on the PATH or where it is usually installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.find_chromium(places=()) is None

    chrome = tmp_path / ("google-chrome.exe" if os.name == "nt" else "google-chrome")
    chrome.touch(mode=0o755)
    assert Path(doctor.find_chromium(places=())) == chrome
    monkeypatch.setenv("PATH", "")
    assert doctor.find_chromium(places=[str(chrome)]) == str(chrome)


def test_firefox_is_found_by_either_name(tmp_path, monkeypatch):
    """Debian's is called firefox-esr."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.find_firefox(places=()) is None

    for name in ("firefox", "firefox-esr"):
        found = tmp_path / (f"{name}.exe" if os.name == "nt" else name)
        found.touch(mode=0o755)
        assert Path(doctor.find_firefox(places=())) == found


@pytest.mark.parametrize(("level", "code"), [("ok", 0), ("warn", 0), ("bad", 1)])
def test_the_exit_code_says_whether_something_would_break(level, code, monkeypatch, capsys):
    """One line each, with its level first; only `bad` fails."""
    monkeypatch.setattr(doctor, "checks", lambda: [doctor.Check(level, "thing", "finding")])

    assert doctor.main() == code
    assert capsys.readouterr().out.splitlines()[0].split() == [level, "thing", "finding"]


def test_all_checks_run_on_this_machine():
    """Nothing in a check depends on what it is looking for."""
    subjects = [check.subject for check in doctor.checks()]

    assert subjects[:2] == ["python", "websocket-playground"]
    assert {"panel", "notebooks", "chromium", "firefox-esr"} <= set(subjects)
