"""relay(): what it asks, what it takes, and what it says where nothing good comes."""

import email.utils
import threading
import time
import unittest

import tonegate
from samples import LICENSE, Relay, answered, licensed

PROBLEM = '{"type":"about:blank","status":503,"code":"no_license","detail":"none has come yet"}'


class Asked(unittest.TestCase):
    def setUp(self):
        self.relay = Relay()
        self.addCleanup(self.relay.stop)
        self.fetch = tonegate.relay(self.relay.url, api_key="secret-of-mine")

    def failure(self):
        with self.assertRaises(tonegate.FetchFailed) as caught:
            self.fetch()
        self.assertNotIn("secret-of-mine", str(caught.exception))
        return caught.exception

    def test_it_asks_for_the_caller_s_licence(self):
        self.assertEqual(self.fetch(), LICENSE)
        self.assertEqual(self.relay.seen, [("/v1/license", "Bearer secret-of-mine")])

    def test_it_names_an_app_and_asks_for_a_token_each_time(self):
        tokens = iter(["one", "two"])
        fetch = tonegate.relay(self.relay.url + "/", jwt=lambda: next(tokens), app_id=12345)
        fetch()
        fetch()
        path = "/v1/apps/12345/license"
        self.assertEqual(self.relay.seen, [(path, "Bearer one"), (path, "Bearer two")])

    def test_a_refusal_says_why_and_when_to_come_back(self):
        self.relay.answer = answered(503, PROBLEM, Retry_After="17")
        failure = self.failure()
        self.assertEqual(str(failure), "the relay answered 503 no_license: none has come yet")
        self.assertEqual(failure.retry_after, 17)

    def test_a_date_to_come_back_at(self):
        self.relay.answer = answered(429, "", Retry_After=email.utils.formatdate(time.time() + 100, usegmt=True))
        self.assertIn(self.failure().retry_after, range(90, 101))
        for text in ["-5", "soon", "1e9", "9" * 50_000, "Mon, 99 Foo 2026"]:
            self.relay.answer = answered(503, "", Retry_After=text)
            self.assertEqual(self.failure().retry_after, 86_400 if text == "9" * 50_000 else 0, text[:20])

    def test_nonsense_is_a_failure(self):
        for body in ["", "<html>", "[]", "{}", '{"License":7}', "[" * 60_000, b"\xff\xfe", "x" * 100_000, "9" * 60_000]:
            self.relay.answer = answered(200, body)
            self.failure()

    def test_the_credential_does_not_travel_on(self):
        other = Relay()
        self.addCleanup(other.stop)
        for status in (301, 302, 303, 307, 308):
            self.relay.answer = answered(status, "", Location=other.url + "/v1/license")
            self.assertIn(str(status), str(self.failure()))
        self.assertEqual(other.seen, [])

    def test_a_relay_that_is_down_or_breaks_off(self):
        def break_off(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{")

        self.relay.answer = break_off
        self.failure()
        self.relay.answer = lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")
        self.failure()
        silent = Relay()
        silent.stop()
        self.fetch = tonegate.relay(silent.url, api_key="secret-of-mine")
        self.assertIn("cannot be reached", str(self.failure()))

    def test_a_relay_that_drips_is_left(self):
        from tonegate import relay

        ended = threading.Event()
        self.addCleanup(ended.set)

        def drip(handler):
            handler.wfile.write(begun)
            while not ended.wait(0.1):
                handler.wfile.write(b" ")

        self.relay.answer = drip
        module = __import__("sys").modules["tonegate.relay"]
        self.addCleanup(setattr, module, "TIMEOUT_SECS", module.TIMEOUT_SECS)
        module.TIMEOUT_SECS = 1
        for begun, words in {
            b"HTTP/1.1 200 OK\r\n\r\n": "longer than 1 seconds",
            b"HTTP/1.1 200 OK\r\nDate:": "longer than 1 seconds",
            b"HTTP/1.1 ": "cannot be reached",
        }.items():
            failures = []
            fetch = threading.Thread(target=lambda: failures.append(self.failure()), daemon=True)
            fetch.start()
            fetch.join(10)
            self.assertEqual([words in str(failure) for failure in failures], [True], begun)
        self.assertTrue(callable(relay))

    def test_settings_that_cannot_be_right(self):
        for url in ["", "relay.example.com", "ftp://relay.example.com", "http://", "https://a/?b", "https://a b", "https://é.de"]:
            with self.subTest(url=url), self.assertRaises(ValueError):
                tonegate.relay(url, api_key="key")
        for credentials in [{}, {"api_key": "a", "jwt": "b"}, {"api_key": ""}, {"api_key": "a\r\nX: y"}, {"jwt": "é"}]:
            with self.subTest(credentials=credentials), self.assertRaises(ValueError):
                tonegate.relay("https://relay.example.com", **credentials)


if __name__ == "__main__":
    unittest.main()
