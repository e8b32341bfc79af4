"""Proves what ``demo``, ``run`` and ``explain`` print, write and exit with."""

import json

import pytest


def test_run_prints_the_headline(mailsim, one):
    code, out, err = mailsim("run", one)
    assert code == 0
    assert "conservation: 1 sent = 1 stored" in out
    assert err == ""


def test_run_json_is_one_object_with_the_figures_that_scripts_rely_on(mailsim, one):
    code, out, _ = mailsim("run", one, "--json", "--seed", "5")
    figures = json.loads(out)
    assert code == 0
    assert (figures["scenario"], figures["seed"], figures["sent"], figures["delivered"]) == ("one", 5, 1, 1)
    assert {"bounced", "rejected", "queued", "fetched", "latency_s", "trace_hash", "conservation"} <= set(figures)
    assert {"p50", "p95", "max"} <= set(figures["latency_s"])


def test_run_quiet_prints_nothing(mailsim, one):
    assert mailsim("run", one, "--quiet") == (0, "", "")


def test_run_out_leaves_tables_picture_and_manifest_and_says_where(mailsim, one, tmp_path):
    code, _, err = mailsim("run", one, "--out", tmp_path / "results")
    assert code == 0
    assert err == f"wrote {tmp_path / 'results'}\n"
    assert {"messages.csv", "attempts.csv", "summary.json", "manifest.json", "timeline.png"} <= {
        p.name for p in (tmp_path / "results").iterdir()
    }


def test_run_with_json_and_out_keeps_standard_output_pure(mailsim, one, tmp_path):
    _, out, _ = mailsim("run", one, "--json", "--out", tmp_path / "r", "--level", "messages")
    assert json.loads(out)["level"] == "messages"
    assert not (tmp_path / "r" / "attempts.csv").exists()


def test_run_film_writes_the_run_as_a_film_and_says_where(mailsim, one, tmp_path):
    code, _, err = mailsim("run", one, "--film", tmp_path / "film.gif")
    assert code == 0
    assert err == f"wrote {tmp_path / 'film.gif'}\n"
    assert (tmp_path / "film.gif").read_bytes().startswith(b"GIF89a")


def test_a_film_of_an_unknown_kind_is_refused_before_anything_runs(mailsim, one, tmp_path):
    code, out, err = mailsim("run", one, "--film", tmp_path / "film.mp4")
    assert (code, out) == (2, "")
    assert "film.gif" in err
    assert not list(tmp_path.glob("film*"))


def test_fail_if_exits_with_one_and_says_why(mailsim, one):
    code, out, err = mailsim("run", one, "--fail-if", "bounced>0", "--fail-if", "delivered>=1", "--quiet")
    assert (code, out) == (1, "")
    assert err == "--fail-if delivered>=1: delivered is 1\n"


def test_fail_if_that_does_not_hold_exits_with_zero(mailsim, one):
    assert mailsim("run", one, "--fail-if", "bounced>0", "--quiet")[0] == 0


def test_a_bad_condition_is_refused_before_anything_runs(mailsim):
    code, _, err = mailsim("run", "no-such-scenario", "--fail-if", "1>0")
    assert code == 2
    assert "is no condition" in err


@pytest.mark.parametrize("seed", ["-1", "x", str(2**63)])
def test_a_seed_that_is_none_is_refused(mailsim, one, seed):
    assert mailsim("run", one, "--seed", seed)[0] == 2


def test_explain_tells_a_message_by_number(mailsim, one):
    code, out, _ = mailsim("explain", one, "0")
    assert code == 0
    assert out.startswith("Message 0. ann@example.com to bob@example.com")
    assert "AUTH PLAIN (password of ann@example.com)" in out


def test_explain_tells_an_example_by_kind_and_the_slowest_by_default(mailsim, one):
    assert mailsim("explain", one, "slowest") == mailsim("explain", one)


@pytest.mark.parametrize(
    ("form", "start", "holds"),
    [
        ("text", "Message 0. ann@example.com to bob@example.com", "mx1 takes the message from ann"),
        ("html", "<!DOCTYPE html>", "mx1 takes the message from ann</span>"),
        ("mermaid", "sequenceDiagram\n", "    participant p0 as ann\n"),
        ("transcript", "# Message 0. ann@example.com to bob@example.com", "<~  250 2.0.0 Ok: queued\n"),
    ],
)
def test_explain_prints_each_form_of_the_story(mailsim, one, form, start, holds):
    code, out, err = mailsim("explain", one, "0", "--as", form)
    assert (code, err) == (0, "")
    assert out.startswith(start)
    assert holds in out


def test_explain_speaks_german_and_pupils_words(mailsim, one):
    out = mailsim("explain", one, "0", "--language", "de", "--words", "pupil")[1]
    assert out.startswith("Nachricht 0. ann@example.com an bob@example.com: nach ")
    assert "mx1 nimmt ann die Nachricht ab (Submission)\n" in out
    assert mailsim("explain", one, "0")[1].startswith("Message 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--language", "dee"), "unknown language 'dee'; did you mean 'de'?"),
        (("--as", "pdf"), "'pdf' is not one of 'text', 'html', 'mermaid', 'transcript'"),
        (("--words", "child"), "'child' is not one of 'field', 'pupil'"),
    ],
)
def test_explain_refuses_what_it_can_t_speak(mailsim, one, arguments, said):
    code, _, err = mailsim("explain", one, "0", *arguments)
    assert code == 2
    assert said in err


def test_explain_json_holds_the_steps(mailsim, one):
    story = json.loads(mailsim("explain", one, "0", "--json")[1])
    assert story["steps"][0]["text"].startswith("ann presses send")


def test_explain_writes_page_and_picture(mailsim, one, tmp_path):
    code, _, err = mailsim("explain", one, "0", "--html", tmp_path / "story.html", "--png", tmp_path / "story.png")
    assert code == 0
    assert (tmp_path / "story.html").read_text().startswith("<!DOCTYPE html>")
    assert (tmp_path / "story.png").read_bytes().startswith(b"\x89PNG")
    assert err.count("wrote ") == 2


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("1", "unknown message 1; there is: 0 to 0"),
        ("99999999999999999999", "unknown kind of example"),
        ("-1", "No such option"),
        ("bounced", "no message of this run was returned"),
        ("bounce", "did you mean 'bounced'?"),
    ],
)
def test_a_message_that_is_not_there_is_wrong_input(mailsim, one, which, said):
    code, _, err = mailsim("explain", one, which)
    assert code == 2
    assert said in err


def test_explain_report_prints_the_delivery_report(mailsim, tmp_path, one):
    path = tmp_path / "bounce.yaml"
    path.write_text(one.read_text() + "faults:\n  - {kind: outage, target: mx1, how: 5xx, stage: rcpt, start: 30m, length: 1h}\n")
    code, _, err = mailsim("explain", one, "0", "--report")
    assert code == 2
    assert "there is no report about message 0" in err


def test_demo_runs_prints_and_draws(mailsim, tmp_path):
    code, out, _ = mailsim("demo", "--out", tmp_path / "d")
    assert code == 0
    assert "conservation: " in out
    assert f"picture: {tmp_path / 'd' / 'timeline.png'}" in out
    assert (tmp_path / "d" / "timeline.png").read_bytes().startswith(b"\x89PNG")


def test_a_quiet_demo_draws_and_prints_nothing(mailsim, tmp_path):
    code, out, err = mailsim("demo", "--quiet", "--out", tmp_path / "d")
    assert (code, out, err) == (0, "", "")
    assert (tmp_path / "d" / "timeline.png").is_file()


def test_run_report_writes_a_memo_and_says_where(mailsim, one, tmp_path):
    code, out, err = mailsim("run", one, "--json", "--report", tmp_path / "memo.html")
    assert code == 0
    assert json.loads(out)["delivered"] == 1
    assert err == f"wrote {tmp_path / 'memo.html'}\n"
    assert (tmp_path / "memo.html").read_text("utf-8").startswith('<!DOCTYPE html>\n<html lang="en">')


def test_run_speaks_the_language_asked_for_in_headline_and_memo_and_english_afterwards(mailsim, one, tmp_path):
    code, out, _ = mailsim("run", one, "--language", "de", "--report", tmp_path / "memo.html")
    assert code == 0
    assert "im Postfach" in out
    assert '<html lang="de">' in (tmp_path / "memo.html").read_text("utf-8")
    assert "in the mailbox" in mailsim("run", one)[1]
    assert mailsim("run", one, "--language", "de", "--json")[1] == mailsim("run", one, "--json")[1]


def test_run_with_a_language_that_there_is_not_is_wrong_input(mailsim, one):
    code, _, err = mailsim("run", one, "--language", "fr")
    assert code == 2
    assert "language" in err
