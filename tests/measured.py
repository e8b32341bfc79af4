"""Retries of ten providers against six hours of 4xx, as printed: Pagani et al., DSN 2016."""

from __future__ import annotations

__all__ = ["MEASURED", "printed"]

S = 1_000_000

#: Pagani et al., DSN 2016: minutes:seconds after the first attempt, as printed; number of attempts in all; whether it gave up
MEASURED = {
    "gmail-2016": ("6:02 29:02 56:36 98:44 162:03 229:44 309:05 434:46", 9, False),
    "yahoo-2016": ("2:07 5:39 12:58 27:16 55:13 109:35 216:47 430:36", 9, False),
    "hotmail-2016": ("1:01 2:03 3:04 5:06 8:07 12:08 16:10 362:11", 94, False),
    "mailru-2016": ("1:18 19:15 49:14 79:49 113:20 154:18 187:53 235:20 271:03 305:50 340:38 373:45", 13, False),
    "yandex-2016": ("1:05 2:58 6:53 14:55 30:28 45:41 61:01 369:21", 28, False),
    "mailcom-2016": ("5:02 12:37 23:59 41:03 66:38 105:01 162:35 248:56 378:28", 10, False),
    "gmx-2016": ("5:01 12:33 23:50 40:46 66:09 104:14 161:22 247:04 375:36", 10, False),
    "indiacom-2016": ("6:21 16:21 36:21 76:21 426:21", 10, False),
    "aol-2016": ("5:32 11:32 21:32 31:32", 5, True),
    "qq-2016": ("5:05 204:56", 12, True),
}


def printed(text: str) -> list[int]:
    """``6:02 29:02`` as microseconds."""
    return [(int(m) * 60 + int(s)) * S for m, s in (part.split(":") for part in text.split())]
