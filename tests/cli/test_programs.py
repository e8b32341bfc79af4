"""Proves what ``flavours`` prints, writes and exits with."""

import json


def test_flavours_lists_programs_with_kind_and_label(mailsim):
    code, out, err = mailsim("flavours")
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines()}
    assert (code, err) == (0, "")
    assert lines["postfix"] == "mta Postfix 3.7"
    assert lines["unbound"].startswith("resolver unbound")
    assert lines["gmail-2016"] == "mta Gmail, as a sender measured 2016 against 4xx"


def test_one_flavour_prints_its_schedule_and_every_figure_with_its_source(mailsim):
    code, out, _ = mailsim("flavours", "postfix")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert "first attempts 0, 5m, 10m, 20m, 40m, 1h 20m, 2h 30m, 3h 40m, 4h 50m, 6h" in lines
    assert "attempts within 24h 25" in lines
    assert "returned at the age of 5d 00h 20m" in lines
    assert "outage of 24h: delivered at the age of 1d 00h 40m" in lines
    assert "postconf(5) maximal_queue_lifetime" in out
    assert "unverified" in out


def test_a_measured_sender_says_what_is_interpolated_and_what_nobody_knows(mailsim):
    _, out, _ = mailsim("flavours", "hotmail-2016")
    assert "(measured 2016 against 4xx)" in out
    assert "evenly spaced here (interpolated)" in out
    assert "~20m 11s" in out
    assert "94 seen, then unknown" in out


def test_several_flavours_are_compared_in_a_table(mailsim):
    code, out, _ = mailsim("flavours", "postfix", "exim", "gmail-2016")
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert rows[1] == "postfix 0, 5m, 10m, 20m, 40m 5 10 25 5d 00h 20m 5d 00h 20m 6h 1d 00h 40m"
    assert rows[2] == "exim 0, 30m, 1h, 1h 30m, 2h 3 8 12 4d 00h 30m 4d 00h 30m 7h 30m 1d 04h 30m"
    assert rows[3].endswith("7h 14m 46s unknown 7h 14m 46s unknown measured 2016 against 4xx")


def test_a_resolver_has_figures_but_no_schedule(mailsim):
    code, out, _ = mailsim("flavours", "unbound")
    assert code == 0
    assert "first attempts" not in out
    code, _, err = mailsim("flavours", "postfix", "unbound")
    assert (code, err) == (2, "unbound is a resolver: only MTAs have a retry schedule\n")


def test_out_writes_the_schedules_as_a_picture(mailsim, tmp_path):
    for name, start in (("one.png", b"\x89PNG"), ("two.svg", b"<?xml")):
        code, _, err = mailsim("flavours", "postfix", "exim", "--out", tmp_path / name)
        assert (code, err) == (0, f"wrote {tmp_path / name}\n")
        assert (tmp_path / name).read_bytes().startswith(start)


def test_out_without_names_draws_every_mta(mailsim, tmp_path):
    code, _, _ = mailsim("flavours", "--out", tmp_path / "all.svg")
    assert code == 0
    assert b">sendmail<" in (tmp_path / "all.svg").read_bytes()


def test_a_picture_of_another_kind_is_wrong_input(mailsim, tmp_path):
    code, _, err = mailsim("flavours", "postfix", "--out", tmp_path / "x.gif")
    assert code == 2
    assert "FILE.png or FILE.svg" in err


def test_json_gives_the_schedule_and_value_source_and_whether_it_is_verified(mailsim):
    found = json.loads(mailsim("flavours", "postfix", "--json")[1])
    assert found["figures"]["queue_lifetime"] == {"value": "5d", "source": "postconf(5) maximal_queue_lifetime", "verified": True}
    assert found["schedule"]["attempts_s"][:4] == [0, 300, 600, 1200]
    assert found["schedule"]["attempts_within"] == {"1h": 5, "6h": 10, "24h": 25}
    gmail = json.loads(mailsim("flavours", "gmail-2016", "--json")[1])
    assert (gmail["schedule"]["returned_s"], gmail["schedule"]["known_until_s"]) == (None, 26086)
    assert [one["name"] for one in json.loads(mailsim("flavours", "mox", "maddy", "--json")[1])] == ["mox", "maddy"]
    assert {"name", "kind", "program", "label"} == set(json.loads(mailsim("flavours", "--json")[1])[0])


def test_an_unknown_flavour_is_wrong_input_with_a_suggestion(mailsim):
    code, _, err = mailsim("flavours", "postfx")
    assert (code, err) == (2, "unknown flavour 'postfx'; did you mean 'postfix'?\n")
