from __future__ import annotations

import builtins

import matplotlib.figure
import numpy
import pandas
import pytest

from curifactory.errors import DefinitionError, MissingDependencyError, NotFoundError
from curifactory.reporting import (
    DFReporter,
    FigureReporter,
    HTMLReporter,
    ImageReporter,
    JsonReporter,
    LatexTableReporter,
    LinePlotReporter,
    Reportable,
    attach,
    render_reportable,
)

PNG = b"\x89PNG\r\n\x1a\n"


def rendered(reportable, folder):
    attach(reportable, "base", "abc", "train", 0)
    return render_reportable(reportable, str(folder))


def figure():
    drawn = matplotlib.figure.Figure()
    drawn.add_subplot().plot([1, 2])
    return drawn


def without(monkeypatch, *missing):
    """Make importing a library fail, as it does where it is not installed."""
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.partition(".")[0] in missing:
            raise ImportError(f"No module named {name!r}")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_every_reportable_takes_name_and_group(tmp_path):
    frame = pandas.DataFrame({"a": [1]})
    image = tmp_path / "x.png"
    image.write_bytes(PNG)
    named = {"name": "n", "group": "g"}
    for reportable in (
        HTMLReporter("<b>", **named),
        JsonReporter({}, **named),
        DFReporter(frame, **named),
        LatexTableReporter(frame, **named),
        FigureReporter(figure(), **named),
        ImageReporter(image, **named),
        LinePlotReporter([1], **named),
    ):
        result = rendered(reportable, tmp_path / "kept")
        assert (result.name, result.group, result.kind) == ("n", "g", type(reportable).__name__)
        assert result.html


def test_a_subclass_need_not_call_init(tmp_path):
    class Mine(Reportable):
        def __init__(self, text):
            self.text = text

        def html(self):
            return self.text

    assert rendered(Mine("<i>x</i>"), tmp_path).html == ("<i>x</i>",)


def test_the_html_of_a_user_is_used_as_it_is(tmp_path):
    assert rendered(HTMLReporter(["<b>x</b>", "<script>"]), tmp_path).html == (
        "<b>x</b>",
        "<script>",
    )


def test_text_in_json_is_escaped(tmp_path):
    (shown,) = rendered(JsonReporter({"<script>": "</pre>&"}), tmp_path).html
    assert "<script>" not in shown
    assert shown.count("</pre>") == 1


def test_numbers_of_numpy_are_shown_as_numbers(tmp_path):
    value = {"a": numpy.int64(3), "b": numpy.array([1.5])}
    (shown,) = rendered(JsonReporter(value), tmp_path).html
    assert "3,\n" in shown
    assert "1.5\n" in shown


def test_what_json_has_no_word_for_is_shown_as_python_shows_it(tmp_path):
    (shown,) = rendered(JsonReporter({(1, 2): {3}}), tmp_path).html
    assert shown == "<pre>{(1, 2): {3}}</pre>"


def test_a_value_that_holds_itself_is_shown(tmp_path):
    value = {}
    value["me"] = value
    (shown,) = rendered(JsonReporter(value), tmp_path).html
    assert "me" in shown


def test_cells_of_a_table_are_escaped_and_whole(tmp_path):
    frame = pandas.DataFrame({"<b>": ["<script>" + "x" * 200]}, index=["<i>"])
    (shown,) = rendered(DFReporter(frame), tmp_path).html
    assert "&lt;script&gt;" + "x" * 200 in shown
    assert not any(tag in shown for tag in ("<b>", "<i>", "<script>"))


def test_a_table_shows_as_many_digits_as_asked(tmp_path):
    frame = pandas.DataFrame({"a": [1.23456789]})
    assert "1.2346<" in rendered(DFReporter(frame), tmp_path).html[0]
    assert "1.23<" in rendered(DFReporter(frame, 2), tmp_path).html[0]


def test_a_series_is_a_table_with_one_column(tmp_path):
    assert ">score<" in rendered(DFReporter(pandas.Series([1], name="score")), tmp_path).html[0]


def test_a_huge_table_is_shown_by_its_ends_and_its_size(tmp_path):
    (shown,) = rendered(DFReporter(pandas.DataFrame({"a": range(100_000)})), tmp_path).html
    assert shown.count("<tr") < 1100
    assert "100000 rows" in shown
    assert ">99999<" in shown


@pytest.mark.parametrize("kind", [DFReporter, LatexTableReporter])
def test_something_else_than_a_data_frame_is_an_error_at_once(kind):
    with pytest.raises(DefinitionError, match=f"{kind.__name__} shows a pandas data frame.*list"):
        kind([1, 2])


def test_a_name_in_the_place_of_the_digits_is_an_error_at_once():
    with pytest.raises(DefinitionError, match=r"float_prec.*not 'scores'.*name=\.\.\."):
        DFReporter(pandas.DataFrame({"a": [0.5]}), "scores")


def test_a_latex_table_is_a_file_and_its_source_is_shown(tmp_path):
    result = rendered(LatexTableReporter(pandas.DataFrame({"a_b": ["<x>"]})), tmp_path)
    (name,) = result.files
    assert r"a\_b" in (tmp_path / name).read_text()
    assert "&lt;x&gt;" in result.html[0]
    assert f'href="reportables/{name}"' in result.html[1]


def test_without_jinja2_a_latex_table_says_what_to_install(tmp_path, monkeypatch):
    class Frame:
        columns = ()
        to_html = None

        def to_latex(self, **_):
            raise ImportError("jinja2")

    with pytest.raises(MissingDependencyError, match=r'pip install "curifactory\[reports\]"'):
        rendered(LatexTableReporter(Frame()), tmp_path)


def test_a_figure_becomes_a_picture(tmp_path):
    result = rendered(FigureReporter(figure(), dpi=30), tmp_path)
    (name,) = result.files
    assert (tmp_path / name).read_bytes().startswith(PNG)
    assert f'src="reportables/{name}"' in result.html[0]


def test_a_figure_has_the_format_that_was_asked_for(tmp_path):
    result = rendered(FigureReporter(figure(), format="svg"), tmp_path)
    (name,) = result.files
    assert name.endswith(".svg")
    assert "<svg" in (tmp_path / name).read_text()


def test_what_is_no_figure_is_an_error_at_once():
    with pytest.raises(DefinitionError, match="savefig"):
        FigureReporter(figure().axes[0])


def test_an_image_is_copied(tmp_path):
    image = tmp_path / "my plot.jpeg"
    image.write_bytes(b"jpeg")
    result = rendered(ImageReporter(image), tmp_path / "kept")
    (name,) = result.files
    assert name.endswith(".jpeg")
    assert (tmp_path / "kept" / name).read_bytes() == b"jpeg"


def test_an_image_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(NotFoundError, match=r"nowhere\.png"):
        rendered(ImageReporter("nowhere.png"), tmp_path)


def test_the_name_of_a_picture_is_escaped(tmp_path):
    (shown,) = rendered(LinePlotReporter([1], name='"><script>'), tmp_path).html
    assert "<script>" not in shown


def test_a_plot_of_named_lines_has_a_legend(tmp_path):
    pictures = []
    for folder, y in (("plain", [1, 2]), ("named", {"_a": [1, 2]})):
        result = rendered(LinePlotReporter(y), tmp_path / folder)
        pictures.append((tmp_path / folder / result.files[0]).read_bytes())
    assert pictures[0] != pictures[1]


def test_the_style_of_a_plot_reaches_axes_and_lines(tmp_path):
    bare = rendered(LinePlotReporter([1, 2]), tmp_path / "bare")
    for style in ({"title": "t"}, {"yscale": "log"}, {"marker": "o"}, {"xlim": (0, 9)}):
        styled = rendered(LinePlotReporter([1, 2], **style), tmp_path / "styled")
        pictures = [(tmp_path / "bare" / bare.files[0]), (tmp_path / "styled" / styled.files[0])]
        assert pictures[0].read_bytes() != pictures[1].read_bytes(), style


def test_an_equal_plot_is_an_equal_file(tmp_path):
    for folder in ("a", "b"):
        result = rendered(LinePlotReporter({"l": [1, 2]}, x=[5, 6]), tmp_path / folder)
    first, second = ((tmp_path / folder / result.files[0]).read_bytes() for folder in ("a", "b"))
    assert first == second


def test_values_appended_later_are_not_in_the_plot(tmp_path):
    values = [1.0, 2.0]
    reportable = LinePlotReporter(values, name="loss")
    values += [50.0]
    early = rendered(reportable, tmp_path / "a")
    late = rendered(LinePlotReporter([1.0, 2.0], name="loss"), tmp_path / "b")
    assert (tmp_path / "a" / early.files[0]).read_bytes() == (
        tmp_path / "b" / late.files[0]
    ).read_bytes()


@pytest.mark.parametrize(
    ("y", "x", "message"),
    [
        ([1, 2], [1], "2 values and 1 places"),
        ({"a": [1, 2]}, [1], "for the line 'a'"),
        ({"a": [1]}, {"b": [1]}, "no x for the line 'a'; x has b"),
    ],
)
def test_x_and_y_that_do_not_fit_are_an_error_at_once(y, x, message):
    with pytest.raises(DefinitionError, match=message):
        LinePlotReporter(y, x)


def test_each_line_may_have_its_own_x(tmp_path):
    result = rendered(LinePlotReporter({"a": [1, 2], "b": [3]}, {"a": [0, 5], "b": [2]}), tmp_path)
    assert (tmp_path / result.files[0]).read_bytes().startswith(PNG)


@pytest.mark.parametrize("style", [{"flavour": "sweet"}, {"yscale": "odd"}])
def test_an_unknown_style_is_an_error_that_names_the_plot(style, tmp_path):
    with pytest.raises(DefinitionError, match="'loss' cannot be drawn"):
        rendered(LinePlotReporter([1], name="loss", **style), tmp_path)


def test_without_matplotlib_a_plot_says_what_to_install(tmp_path, monkeypatch):
    without(monkeypatch, "matplotlib")
    with pytest.raises(MissingDependencyError, match=r'pip install "curifactory\[reports\]"'):
        rendered(LinePlotReporter([1]), tmp_path)
