"""Proves that what is shown is harmless, and aligned where a program reads it."""

import json

from mailsim.cli.show import complain, show, show_json, show_table


def test_lines_stay_lines_and_control_characters_are_written_out(capsys):
    show("a\n\x1b[2Jb\r")
    complain("c\x07")
    assert capsys.readouterr() == ("a\n\\x1b[2Jb\\r\n", "c\\x07\n")


def test_json_is_ascii_and_reads_back(capsys):
    value = {"name": "\x9b2J\u202eö", "n": [1, None, 1.5]}
    show_json(value)
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == value


def test_a_table_has_one_line_per_row_and_straight_columns(capsys):
    show_table([("a", "one\ntwo"), ("long name", "[bold]x[/bold]")], header=("name", "what"))
    assert capsys.readouterr().out.splitlines() == ["name       what", "a          one two", "long name  [bold]x[/bold]"]


def test_one_long_cell_does_not_push_the_next_column_away_everywhere(capsys):
    show_table([("x" * 200, "a"), ("y", "b")], header=("one", "two"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "y" + " " * 41 + "b"
