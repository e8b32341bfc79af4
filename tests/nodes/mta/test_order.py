"""In which order a scan takes what is due."""

from __future__ import annotations

from mailsim.draws import Draws
from mailsim.nodes.attempt import Item
from mailsim.nodes.mta.order import rank_of

MS = 1000


def put(number: int, arrived_us: int, ticket: int) -> Item:
    item = Item(number, (number,), "example.com", 1, arrived_us, local=False)
    item.ticket = ticket
    return item


def listed(word: str, items: list[Item]) -> list[int]:
    rank = rank_of(word, "isp", Draws(1), 0)
    places = {item.number: rank(item) for item in items}
    return sorted(places, key=lambda number: places[number])


def test_by_arrival_the_oldest_message_goes_first() -> None:
    assert listed("arrival", [put(2, 0, 1), put(0, 0, 2), put(1, 0, 3)]) == [0, 1, 2]


def test_postfix_lists_the_newest_directory_first_and_in_it_the_file_put_there_last() -> None:
    """Names begin with the microseconds in five hexadecimal digits: 65.536 ms a directory.

    Messages 0 and 1 arrive at 20 and 40 ms (directory 0), 2 and 3 at 80 and 100 ms (directory 1): 3, 2, then 1, 0.
    """
    items = [put(0, 20 * MS, 1), put(1, 40 * MS, 2), put(2, 80 * MS, 3), put(3, 100 * MS, 4)]
    assert listed("directories", items) == [3, 2, 1, 0]
    assert listed("directories", [put(0, 20 * MS, 9), *items[1:]]) == [3, 2, 0, 1]


def test_exim_takes_them_in_another_random_order_each_time() -> None:
    orders = {tuple(listed("random", [put(k, 0, 10 * run + k) for k in range(5)])) for run in range(20)}
    assert len(orders) > 10


def test_courier_takes_the_latest_in_the_queue_first() -> None:
    """cdmsgq.C queuescan3 puts a message before those of the same second."""
    assert listed("latest", [put(2, 0, 1), put(0, 0, 2), put(1, 0, 3)]) == [1, 0, 2]
