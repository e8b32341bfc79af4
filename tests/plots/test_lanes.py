"""The order of nodes in pictures is the order of the path, whatever the order of the file."""

from __future__ import annotations

from mailsim.language import languages, speaking
from mailsim.plots.lanes import LAYERS, layer_word, node_by_host, path_order
from mailsim.scenario import load
from small_logs import small_scenario


def test_nodes_stand_in_the_order_in_which_mail_passes_them_whatever_the_order_of_the_file() -> None:
    assert [(place.node, place.layer, place.role) for place in path_order(small_scenario())] == [
        ("ann", "client", "client"),
        ("home", "sender MTA", "mailbox"),
        ("isp", "sender MTA", "MTA"),
        ("dns", "DNS", "resolver"),
        ("mx1", "MX", "MX 10"),
        ("mx2", "MX", "MX 20"),
        ("boxes", "mailbox", "mailbox"),
        ("bob", "reader", "client"),
    ]


def test_a_host_an_address_and_a_name_lead_to_the_node_and_of_several_to_the_mta() -> None:
    found = node_by_host(small_scenario())
    assert (found["mx1.example.com"], found["198.51.100.20"], found["boxes"]) == ("mx1", "mx2", "boxes")
    assert found["mail.example.org"] == "isp"  # home is at the same host


def test_layers_and_roles_have_words_in_every_language() -> None:
    """The scenarios have senders, clients, resolvers, name servers, MTAs with and without preference, and mailboxes."""
    places = [place for name in ("primary-outage", "how-long-senders-retry", "dns-outage") for place in path_order(load(name))]
    for language in languages():
        with speaking(language):
            assert all(layer_word(layer) for layer in LAYERS)
            assert all(place.role_word for place in places)
    with speaking("de"):
        assert [layer_word(layer) for layer in LAYERS] == ["Mailprogramm", "MTA des Absenders", "DNS", "MX", "Postfach", "Empfänger"]
        words = {place.role: place.role_word for place in places}
    assert (words["mailbox"], words["MX 10"], words["name server"]) == ("Postfach", "MX 10", "Nameserver")
