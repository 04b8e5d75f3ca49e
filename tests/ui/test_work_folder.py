"""Copies to play with: what is added, what is brought up to date, and what is never touched."""

import pytest

from playground.ui.work_folder import copy_notebooks


@pytest.fixture
def originals(tmp_path):
    folder = tmp_path / "originals"
    folder.mkdir()
    (folder / "00.ipynb").write_text("first")
    (folder / "01.ipynb").write_text("second")
    return folder


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "mine"


def test_a_first_time_copies_everything_but_pictures_and_what_is_hidden(originals, mine):
    """A file beside the notebooks, also in a folder, is copied too; the first line says where."""
    (originals / "panel.png").write_bytes(b"\x89PNG")
    (originals / ".ipynb_checkpoints").mkdir()
    (originals / ".ipynb_checkpoints" / "00.ipynb").write_text("old")
    (originals / "data").mkdir()
    (originals / "data" / "log.jsonl").write_text("{}")

    copies = copy_notebooks(originals, mine)

    assert copies.added == ("00.ipynb", "01.ipynb", "data/log.jsonl")
    assert (mine / "data" / "log.jsonl").read_text() == "{}"
    assert not (mine / "panel.png").exists()
    assert str(mine) in copies.lines()[0]
    assert len(copies.lines()) == 1


def test_a_changed_copy_is_never_overwritten(originals, mine):
    """Nothing is said as long as its original is the one that it was copied from."""
    copy_notebooks(originals, mine)
    (mine / "01.ipynb").write_text("my work")

    copies = copy_notebooks(originals, mine)

    assert (copies.added, copies.updated, copies.outdated) == ((), (), ())
    assert (mine / "01.ipynb").read_text() == "my work"


def test_a_newer_original_of_a_changed_copy_is_told(originals, mine):
    """Each time, until the copy is out of the way; then the new one is copied."""
    copy_notebooks(originals, mine)
    (mine / "01.ipynb").write_text("my work")
    (originals / "01.ipynb").write_text("better")

    first, again = copy_notebooks(originals, mine), copy_notebooks(originals, mine)

    assert first.outdated == again.outdated == ("01.ipynb",)
    assert "01.ipynb; delete or rename yours" in first.lines()[-1]
    assert (mine / "01.ipynb").read_text() == "my work"
    (mine / "01.ipynb").rename(mine / "my-01.ipynb")
    assert copy_notebooks(originals, mine).added == ("01.ipynb",)
    assert (mine / "01.ipynb").read_text() == "better"
    assert (mine / "my-01.ipynb").read_text() == "my work"


def test_a_copy_that_nobody_changed_follows_its_original(originals, mine):
    """It is no one's work, and the line says that it was changed."""
    copy_notebooks(originals, mine)
    (originals / "00.ipynb").write_text("better")
    (originals / "02.ipynb").write_text("new")

    copies = copy_notebooks(originals, mine)

    assert (copies.added, copies.updated, copies.outdated) == (("02.ipynb",), ("00.ipynb",), ())
    assert (mine / "00.ipynb").read_text() == "better"
    assert "you had not changed them: 00.ipynb" in copies.lines()[-1]


@pytest.mark.parametrize("broken", ["", "[1]", "{", "\x00", None])
def test_without_the_record_of_what_was_copied_what_differs_is_kept(originals, mine, broken):
    """It may be somebody's work, so it is told and not overwritten."""
    copy_notebooks(originals, mine)
    (mine / "00.ipynb").write_text("whose?")
    record = mine / ".copied.json"
    if broken is None:
        record.unlink()
    else:
        record.write_text(broken)

    copies = copy_notebooks(originals, mine)

    assert copies.outdated == ("00.ipynb",)
    assert (mine / "00.ipynb").read_text() == "whose?"


def test_what_is_no_file_is_left_alone(originals, mine):
    """A folder or a broken link of the same name is somebody's own."""
    (mine / "00.ipynb").mkdir(parents=True)
    (mine / "01.ipynb").symlink_to(mine / "nowhere")

    copies = copy_notebooks(originals, mine)

    assert copies.outdated == ("00.ipynb", "01.ipynb")
    assert (mine / "00.ipynb").is_dir()
    assert (mine / "01.ipynb").is_symlink()


def test_a_folder_that_cannot_be_made_is_an_error(originals, tmp_path):
    """The caller says which it was."""
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(OSError, match="taken"):
        copy_notebooks(originals, tmp_path / "taken")
