"""Proves that the caller sees lines and exit codes, never a traceback, whatever goes wrong."""

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from mailsim.cli import app
from mailsim.cli.app import INTERRUPTED, OUR_BUG
from mailsim.errors import LimitError

SELF = [sys.executable, "-m", "mailsim"]


def with_command(action):
    """Exit code, output and errors of a command that does ``action``."""

    @app.command("test-only")
    def test_only():
        action()

    try:
        done = CliRunner().invoke(app, ["test-only"])
    finally:
        del app.commands["test-only"]
    return done.exit_code, done.stdout, done.stderr


def raising(error):
    def action():
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (LimitError("more than 5 events"), 2, "more than 5 events\n"),
        (PermissionError(13, "Permission denied", "/root/x"), 2, "/root/x: Permission denied\n"),
        (KeyboardInterrupt(), INTERRUPTED, "interrupted\n"),
        (click.UsageError("no"), 2, "Error: no\n"),
    ],
)
def test_an_error_is_a_line_and_a_code(error, code, said):
    done = with_command(raising(error))
    assert done[:2] == (code, "")
    assert done[2].endswith(said)
    assert "Traceback" not in done[2]


def test_a_bug_of_ours_is_shown_as_one_and_not_as_wrong_input():
    code, _, err = with_command(raising(AssertionError("oops")))
    assert code == OUR_BUG
    assert "Traceback" in err
    assert err.endswith("This is a bug in mailsim, not in your input.\n")


def test_a_hostile_name_in_an_error_can_t_move_the_cursor():
    code, _, err = with_command(raising(LimitError("bad name \x1b[2J\u202e\nsecond line")))
    assert code == 2
    assert err == "bad name \\x1b[2J\\u202e\nsecond line\n"


def test_every_command_has_help_in_one_sentence(mailsim):
    code, out, _ = mailsim("--help")
    assert code == 0
    for name, command in app.commands.items():
        assert f"  {name} " in out
        assert command.get_short_help_str()
        assert mailsim(name, "--help")[0] == 0


def test_an_unknown_command_is_wrong_input(mailsim):
    code, _, err = mailsim("frob")
    assert code == 2
    assert "No such command 'frob'" in err


def test_the_version_is_that_of_the_package(mailsim):
    from mailsim import __version__

    assert mailsim("--version")[1] == f"mailsim, version {__version__}\n"


def run(*words, **more):
    return subprocess.run([*SELF, *map(str, words)], capture_output=True, text=True, timeout=60, check=False, **more)


def test_as_a_program_it_exits_with_the_code_and_writes_errors_to_standard_error(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: x\nnodes:\n  mx2: {kind: mta, flavour: postfx}\n")
    done = run("check", "wrong.yaml", cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("wrong.yaml:3:")
    assert "did you mean 'postfix'?" in done.stderr


def test_a_reader_that_leaves_early_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([*SELF, "schema"], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_our_letters_gets_their_numbers():
    cyrillic = {**os.environ, "PYTHONIOENCODING": "iso8859-5", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*SELF, "run", "primary-outage", "--level", "messages"], capture_output=True, timeout=60, check=False, env=cyrillic
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b" \\xb7 primary-outage \\xb7 " in done.stdout  # the middle dot of the replay line
