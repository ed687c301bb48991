"""Where a session's bytes are kept: at most 2,080, stored in one piece.

Invariant: a file holds what was stored last or what was stored before it, whole, also after a kill or a loss of power.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol, Union

_BYTES_MAX = 4_096
"""What is read of a file at most; more was not stored by us."""


class Store(Protocol):
    """Anything that keeps bytes. What it raises is told to `on_error` and tried again."""

    def load(self) -> bytes:
        """The bytes stored last; none where nothing was stored."""

    def save(self, content: bytes) -> None:
        """Stores the bytes in place of those before."""


class FileStore:
    """A file that only its owner may read (0600), replaced as a whole."""

    def __init__(self, path: Union[str, "os.PathLike[str]"]) -> None:
        self._path = Path(path)

    def load(self) -> bytes:
        """The bytes stored last; none where there is no file."""
        self._remove_leftovers()
        try:
            with open(self._path, "rb") as file:
                return file.read(_BYTES_MAX)
        except FileNotFoundError:
            return b""

    def save(self, content: bytes) -> None:
        """Writes beside the file, then takes its place; both survive a loss of power."""
        beside = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.new")
        try:
            self._write(beside, content)
            os.replace(beside, self._path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def _write(self, path: Path, content: bytes) -> None:
        # O_EXCL follows no link that somebody laid there; O_BINARY exists on Windows only.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _sync_folder(self) -> None:
        if os.name != "posix":
            return
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _remove_leftovers(self) -> None:
        """What a kill in the middle of writing left behind."""
        try:
            leftovers = [path for path in self._path.parent.iterdir() if self._is_beside(path.name)]
            for path in leftovers:
                path.unlink()
        except OSError:
            # They cost a few bytes; what is stored is worth more than an error about them.
            return

    def _is_beside(self, name: str) -> bool:
        return name.startswith(f".{self._path.name}.") and name.endswith(".new")
