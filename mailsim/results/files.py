"""Results as files: tables as CSV that no spreadsheet runs, written whole or not at all, under harmless names."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailsim.errors import UnsupportedError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["csv_text", "harmless", "slug", "write_page", "write_whole"]

#: what makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

#: control characters that would break a line of the file or move a terminal's cursor
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def slug(text: str, *, longest: int = 60) -> str:
    """A harmless file name: letters, digits, dots, hyphens; no path, no leading dot, never empty.

    Examples
    --------
    >>> slug("../../etc/passwd"), slug("Größe 1"), slug("")
    ('etc-passwd', 'Grosse-1', 'unnamed')
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9.]+", "-", plain)[:longest].strip("-.") or "unnamed"


def harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front; all else stays as it is.

    Examples
    --------
    >>> harmless("=1+1"), harmless("ann@example.org"), harmless(-1.5)
    ("'=1+1", 'ann@example.org', -1.5)
    """
    return "'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _visible(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"


def csv_text(frame: pd.DataFrame) -> str:
    """The table as CSV (RFC 4180 but for ``\\n`` at line ends): texts harmless, control characters as ``\\x0d``, instants in ISO 8601."""
    made = {str(name): _written(column) for name, column in frame.items()}
    text: str = frame.assign(**made).to_csv(index=False, lineterminator="\n")
    return text


def _written(column: pd.Series[Any]) -> Any:
    """A column as it goes into the file; words and instants by numpy, since there can be millions."""
    if column.dtype.kind == "M":
        import numpy as np

        local = column.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        offset_s = (local - column.dt.tz_convert(None).to_numpy().astype("datetime64[us]")).astype("timedelta64[s]").astype(np.int64)
        text = np.datetime_as_string(local, unit="us").astype("object")
        for seconds in np.unique(offset_s[~np.isnat(local)]).tolist():
            text[offset_s == seconds] += f"{'-' if seconds < 0 else '+'}{abs(seconds) // 3600:02d}:{abs(seconds) // 60 % 60:02d}"
        return np.where(np.isnat(local), None, text)
    if column.dtype == "object" or str(column.dtype) in {"str", "string"}:
        import pandas as pd

        codes, words = pd.factorize(column)
        return pd.Series([*(_CONTROL.sub(_visible, str(harmless(word))) for word in words), None], dtype="object").to_numpy()[codes]
    return column


def write_page(path: str | Path, made: Callable[[], str]) -> Path:
    """Write a page that is made only after it is clear that ``path`` can be a file's; its folder is made if it is not there.

    Raises
    ------
    UnsupportedError
        ``path`` is no path, or a folder.
    """
    given: object = path
    if not isinstance(given, str | os.PathLike):
        said = f"a page is written to a file, such as report('memo.html'), not to {given!r}"
        raise UnsupportedError(f"{said}; the report that message {given} is: dsn({given})" if isinstance(given, int) else said)
    place = Path(path)
    if place.is_dir():
        raise UnsupportedError(f"{place} is a folder; give the file a name, such as {place / 'memo.html'}")
    page = made()
    place.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(place, page)


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file so that after a crash there is the old one or the new one, never half of it."""
    raw = content.encode("utf-8") if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
