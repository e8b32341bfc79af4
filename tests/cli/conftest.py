"""Running the command line in this process."""

import pytest
from click.testing import CliRunner

from mailsim.cli import app

ONE_MESSAGE = """\
# Lesson: one message.
name: one
seed: 3
zones:
  - |
    $ORIGIN example.com.
    @    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
    @    3600 IN NS  ns1
    @    3600 IN MX  10 mx1
    mx1  3600 IN A   192.0.2.10
    ns1  3600 IN A   192.0.2.53
nodes:
  ann: {kind: client, address: ann@example.com, password: secret, submission: {discover: mx1.example.com}}
  mx1: {kind: mta, final_for: [example.com], submission: true, accounts: {ann@example.com: {password: secret}}}
  dns: {kind: resolver, host: dns.example.com, address: 192.0.2.54}
traffic:
  - {kind: at, from: ann@example.com, to: bob@example.com, times: [1h]}
"""


@pytest.fixture
def mailsim():
    """Call a command line: gives exit code, standard output and standard error."""

    def call(*words):
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return call


@pytest.fixture
def one(tmp_path):
    """A small scenario file with one message."""
    path = tmp_path / "one.yaml"
    path.write_text(ONE_MESSAGE)
    return path
