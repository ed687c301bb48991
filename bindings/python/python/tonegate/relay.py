"""Asks a Tonegate relay for the licence (docs/RELAY.md), with nothing but the standard library.

Invariant: the credential goes to the URL given and nowhere else: no redirect is followed, no message holds it.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse
from typing import IO, Any, Callable, List, Optional, Union, cast

TIMEOUT_SECS = 30
"""How long a whole fetch may take."""
_BODY_BYTES_MAX = 65_536
_RETRY_AFTER_SECS_MAX = 86_400
_DETAIL_CHARS_MAX = 200

Token = Union[str, Callable[[], str]]


class FetchFailed(Exception):
    """No licence came. `retry_after`: how many seconds the server asked to wait; 0: it did not."""

    def __init__(self, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """A relay does not redirect, and the credential must not travel on."""


class _InTime(urllib.request.AbstractHTTPHandler):
    """Whose answers begin in time: a socket's own timeout starts anew with each byte of a header."""

    def do_open(self, http_class: Any, req: urllib.request.Request, **http_conn_args: Any) -> HTTPResponse:
        connections: List[HTTPConnection] = []

        def connect(*arguments: Any, **settings: Any) -> HTTPConnection:
            connections.append(http_class(*arguments, **settings))
            return connections[-1]

        late = threading.Timer(TIMEOUT_SECS, _break_off, [connections])
        late.daemon = True
        late.start()
        try:
            return super().do_open(cast(Any, connect), req, **http_conn_args)
        finally:
            late.cancel()


class _Http(_InTime, urllib.request.HTTPHandler):
    pass


class _Https(_InTime, urllib.request.HTTPSHandler):
    pass


def relay(
    url: str, *, api_key: Optional[Token] = None, jwt: Optional[Token] = None, app_id: Optional[int] = None
) -> Callable[[], str]:
    """A fetch function for the relay at `url`, such as https://relay.example.com.

    `api_key` or `jwt`: exactly one, a text or a function that returns it at each fetch (tokens end). `app_id`: needed where
    the caller may have the licences of several apps. ValueError: the URL or the credential cannot be right.
    """
    address = _address(url, app_id)
    if (api_key is None) == (jwt is None):
        raise ValueError("give the relay one credential: api_key or jwt")
    credential = api_key if api_key is not None else jwt
    opener = urllib.request.build_opener(_NoRedirect, _Http, _Https)
    if isinstance(credential, str):
        _bearer(credential)

    def fetch() -> str:
        token = credential() if callable(credential) else credential
        headers = {"Authorization": _bearer(token), "Accept": "application/json", "User-Agent": "tonegate-python"}
        return _fetch(opener, urllib.request.Request(address, headers=headers))

    return fetch


def _address(url: str, app_id: Optional[int]) -> str:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("the relay's URL is http or https, a host and perhaps a path: https://relay.example.com")
    if any(ord(character) <= 32 or ord(character) >= 127 for character in url):
        raise ValueError("the relay's URL holds a blank or a character outside ASCII")
    route = "/v1/license" if app_id is None else f"/v1/apps/{int(app_id)}/license"
    return url.rstrip("/") + route


def _bearer(token: object) -> str:
    if not isinstance(token, str) or not token or any(not 33 <= ord(character) <= 126 for character in token):
        raise ValueError("the relay's credential is a text without blanks and line ends, and not empty")
    return f"Bearer {token}"


def _fetch(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> str:
    until = time.monotonic() + TIMEOUT_SECS
    try:
        with opener.open(request, timeout=TIMEOUT_SECS) as response:
            return _license(_body(response, until))
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error, until) from None
    except (OSError, HTTPException, ValueError) as error:
        # urllib's own errors are OSErrors, and say what happened to the connection.
        raise FetchFailed(f"the relay cannot be reached: {error}") from error


def _break_off(connections: List[HTTPConnection]) -> None:
    """Whoever reads from them reads an end."""
    for connection in connections:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            # Not connected yet, or no longer.
            continue


def _body(response: HTTPResponse, until: float) -> bytes:
    """The whole body, by `until`: a server that sends a byte now and then is not waited for."""
    body = b""
    while True:
        chunk = response.read1(_BODY_BYTES_MAX)
        if time.monotonic() > until:
            raise FetchFailed(f"the relay's answer took longer than {TIMEOUT_SECS} seconds")
        if not chunk:
            return body
        body += chunk
        if len(body) > _BODY_BYTES_MAX:
            raise FetchFailed(f"the relay's answer is longer than {_BODY_BYTES_MAX} bytes")


def _license(body: bytes) -> str:
    text = _member(body, "License")
    if text is None:
        raise FetchFailed("the relay's answer holds no License: is this URL a relay's?")
    return text


def _member(body: bytes, name: str) -> Optional[str]:
    """A text in a JSON object; whoever answered may have sent anything."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _refusal(error: urllib.error.HTTPError, until: float) -> FetchFailed:
    try:
        body = _body(cast(HTTPResponse, error.fp), until)
    except (FetchFailed, OSError, HTTPException, AttributeError):
        body = b""
    said = [_member(body, "code"), _member(body, "detail")]
    words = ": ".join(word[:_DETAIL_CHARS_MAX] for word in said if word)
    message = f"the relay answered {error.code} {words}".rstrip()
    return FetchFailed(message, _retry_after(error.headers.get("Retry-After")))


def _retry_after(text: Optional[str]) -> int:
    """Seconds, from a number of them or a date (RFC 9110 §10.2.3); 0 where it is neither."""
    text = (text or "").strip()[:64]
    if text.isascii() and text.isdigit():
        return min(int(text), _RETRY_AFTER_SECS_MAX)
    try:
        left = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0
    return int(max(0, min(left, _RETRY_AFTER_SECS_MAX)))
