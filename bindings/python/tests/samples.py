"""What the tests share: licences of the vectors, a clock that can be set, a relay that answers as told.

The keys are test keys; their licences are good in November 2025, so every test brings its own time.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import tonegate

BINDING = Path(__file__).resolve().parent.parent
VECTORS = json.loads((BINDING.parent.parent / "vectors" / "cases.json").read_text())
PINS = VECTORS["pins"]
CASES = {case["name"]: case for case in VECTORS["cases"]}
LICENSE = CASES["valid"]["steps"][0]["license"]
# Made an hour later.
NEWER = CASES["renew-newer"]["steps"][1]["license"]
START = 1_763_843_553
DAY = 86_400


def options(**others):
    return tonegate.Options(**{"pins": PINS, "issuer": "tonegate-test", "app_id": 12345, **others})


def at(seconds=0):
    return tonegate.Time(START + seconds, seconds)


class Clock:
    """Goes on like the machine's, from a time when the licences are good, and can be put forward."""

    def __init__(self):
        self._ahead = -time.monotonic()

    def __call__(self):
        return at(int(time.monotonic() + self._ahead))

    def put_forward(self, seconds):
        self._ahead += seconds


def until(what, condition, seconds=20):
    """Waits for what another thread does; fails by saying what did not come."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


class Relay:
    """An HTTP server on loopback. `answer` is a function of the handler; `seen` holds the requests."""

    def __init__(self, answer=None, port=0):
        self.answer = answer or licensed(LICENSE)
        self.seen = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                relay.seen.append((self.path, self.headers.get("Authorization")))
                try:
                    relay.answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def answered(status, body, **headers):
    """An answer with these headers; `_` in a name stands for `-`."""
    content = body if isinstance(body, bytes) else body.encode()

    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def licensed(text):
    return answered(200, json.dumps({"License": text, "AppId": 12345, "Source": "fresh"}))
