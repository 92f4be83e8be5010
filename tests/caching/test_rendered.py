from __future__ import annotations

import json
import os

import pytest

from curifactory.caching.rendered import (
    RenderedReportable,
    attach,
    load_rendered,
    render_reportable,
    safe_file_name,
    save_rendered,
)
from curifactory.errors import DefinitionError, UnusableArtifactError


class Note:
    """The least that can be reported: nothing of it comes from curifactory."""

    def __init__(self, name=None, group=None, text="<p>{path}/{name}.txt</p>"):
        self.name, self.group, self.text = name, group, text

    def render(self):
        with open(f"{self.path}/{self.qualified_name}.txt", "w") as file:
            file.write("kept")

    def html(self):
        if not isinstance(self.text, str):
            return self.text
        return self.text.format(path=self.path, name=self.qualified_name)


def rendered(note, folder, index=0, **attached):
    attach(note, "base", "abc", "train", index, **attached)
    return render_reportable(note, str(folder))


def test_a_reportable_without_a_name_is_called_after_its_class_and_number(tmp_path):
    result = rendered(Note(), tmp_path, 3)
    assert result.name == "Note_3"
    assert result.qualified_name == "train_abc_Note_3"


def test_group_stage_and_hash_are_in_the_qualified_name(tmp_path):
    result = rendered(Note("loss", "fits"), tmp_path, taken=())
    assert result.qualified_name == "fits_train_abc_loss"


def test_a_number_tells_two_equal_names_apart(tmp_path):
    taken = set()
    for index in range(2):
        taken.add(rendered(Note("loss"), tmp_path, index, taken=taken).qualified_name)
    assert taken == {"train_abc_loss", "train_abc_loss_1"}


def test_equal_names_stay_apart_when_nobody_says_which_are_taken(tmp_path):
    names = {rendered(Note("loss"), tmp_path, index).qualified_name for index in range(2)}
    assert len(names) == 2


def test_a_reportable_outside_of_a_stage_has_a_name_too():
    note = Note("loss")
    attach(note, "base", "abc", None, 0, ())
    assert note.qualified_name == "abc_loss"


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "..", "a/b\\c", "x" * 300, "é" * 300, "\0\n\ud800", ""]
)
def test_no_name_leads_out_of_the_folder_or_is_too_long(name, tmp_path):
    folder = tmp_path / "kept"
    result = rendered(Note(name, name), folder)
    assert os.listdir(tmp_path) == ["kept"]
    assert result.files == (f"{result.qualified_name}.txt",)
    assert os.listdir(folder) == list(result.files)


def test_long_names_that_differ_at_their_end_stay_different():
    assert safe_file_name("x" * 300 + "a") != safe_file_name("x" * 300 + "b")


@pytest.mark.parametrize("text", [".hidden", "..", "-rf", "", "/"])
def test_no_file_name_is_hidden_or_empty_or_looks_like_an_option(text):
    assert safe_file_name(text)[0] not in ".-/"


def test_letters_of_any_script_stay_readable():
    assert safe_file_name("größe_损失") == "größe_损失"


def test_the_folder_is_not_in_what_is_kept(tmp_path):
    folder = tmp_path / "a & b"
    result = rendered(Note(text="{path}/{name}.txt|file://{path}/x|{path}"), folder)
    assert result.html == ("reportables/train_abc_Note_0.txt|reportables/x|reportables",)


def test_the_escaped_folder_is_not_kept_either(tmp_path):
    folder = tmp_path / "a & b"
    result = rendered(Note(text=f"<img src='{tmp_path}/a &amp; b/x.png'>"), folder)
    assert result.html == ("<img src='reportables/x.png'>",)


def test_another_folder_that_begins_alike_is_left_alone(tmp_path):
    result = rendered(Note(text="{path}-2/x"), tmp_path / "kept")
    assert result.html == (f"{tmp_path}/kept-2/x",)


def test_only_files_of_its_own_are_listed(tmp_path):
    first = rendered(Note("a"), tmp_path, 0)
    second = rendered(Note("b"), tmp_path, 1)
    assert first.files == ("train_abc_a_0.txt",)
    assert second.files == ("train_abc_b_1.txt",)


def test_html_may_be_a_list(tmp_path):
    assert rendered(Note(text=["<p>", "</p>"]), tmp_path).html == ("<p>", "</p>")


@pytest.mark.parametrize("returned", [None, 3, ["<p>", 3], b"<p>"])
def test_html_of_another_type_is_an_error_that_names_the_reportable(returned, tmp_path):
    with pytest.raises(DefinitionError, match=r"Note 'loss' of stage 'train', record 'base'"):
        rendered(Note("loss", text=returned), tmp_path)


def test_an_error_in_user_code_keeps_its_type_and_says_where_it_was(tmp_path):
    class Broken(Note):
        def render(self):
            raise ZeroDivisionError("by zero")

    with pytest.raises(ZeroDivisionError) as caught:
        rendered(Broken("loss"), tmp_path)
    assert "Broken 'loss' of stage 'train'" in caught.value.__notes__[0]


def test_what_is_kept_comes_back_equal(tmp_path):
    items = [rendered(Note("a \ud800 <b>"), tmp_path, 0), rendered(Note(), tmp_path, 1)]
    save_rendered(items, str(tmp_path))
    assert load_rendered(str(tmp_path)) == items


GOOD = RenderedReportable("n", "", "Note", "q", "s", "r", "h", ("<p>",), ("a/b.png",)).to_json()


def test_keys_of_a_later_version_are_left_aside():
    assert RenderedReportable.from_json(GOOD | {"colour": "red"}).to_json() == GOOD


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {key: value for key, value in GOOD.items() if key != "name"},
        GOOD | {"stage": 3},
        GOOD | {"html": "<p>"},
        GOOD | {"html": [3]},
        GOOD | {"files": None},
        *(
            GOOD | {"files": [path]}
            for path in ("../x", "/etc/passwd", "a/../../x", "", "a//b", "a\\b", "a\0")
        ),
    ],
)
def test_a_damaged_document_is_an_error_that_names_the_file(document, tmp_path):
    path = tmp_path / "reportables.json"
    path.write_text(json.dumps([document]))
    with pytest.raises(UnusableArtifactError, match=r"reportables\.json"):
        load_rendered(str(tmp_path))


@pytest.mark.parametrize("content", ["", "{", "{}", "[" * 100_000, b"\xff"])
def test_a_damaged_file_is_an_error_that_names_it(content, tmp_path):
    path = tmp_path / "reportables.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UnusableArtifactError, match=r"reportables\.json"):
        load_rendered(str(tmp_path))


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(UnusableArtifactError, match=r"reportables\.json"):
        load_rendered(str(tmp_path))
