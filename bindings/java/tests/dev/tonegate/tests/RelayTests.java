// The ready fetch function, before a real HTTP server.

package dev.tonegate.tests;

import static dev.tonegate.tests.Tests.equal;
import static dev.tonegate.tests.Tests.that;
import static dev.tonegate.tests.Tests.throwsA;

import dev.tonegate.FetchException;
import dev.tonegate.Relay;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** What is asked, what is understood, and what is said when it is not. */
final class RelayTests {
    private static final String KEY = "tg_secret-key";

    private RelayTests() {}

    public static void aLicenseIsFetched() throws IOException {
        try (RelayServer server = new RelayServer()) {
            equal(Cases.LICENSE, new Relay(server.url(), KEY).fetch());
            equal(Cases.LICENSE, new Relay(server.url() + "/v1/apps/7/license", KEY).fetch());
            equal("GET /v1/license", server.requests.get(0).line());
            equal("Bearer " + KEY, server.requests.get(0).authorization());
            equal("GET /v1/apps/7/license", server.requests.get(1).line());
        }
    }

    public static void aTokenIsAskedForAtEachFetch() throws IOException {
        try (RelayServer server = new RelayServer()) {
            Iterator<String> tokens = List.of("one", "two", KEY + "\n").iterator();
            Relay relay = new Relay(server.url(), tokens::next);
            equal(Cases.LICENSE, relay.fetch());
            equal(Cases.LICENSE, relay.fetch());
            equal("Bearer one", server.requests.get(0).authorization());
            equal("Bearer two", server.requests.get(1).authorization());
            Throwable error = throwsA(IllegalArgumentException.class, relay::fetch);
            that(!error.getMessage().contains(KEY), error.getMessage());
            equal(2, server.requests.size());
        }
    }

    public static void aProblemNamesItsCode() throws IOException {
        try (RelayServer server = new RelayServer()) {
            server.answer = RelayServer.status(503, "no_license", "17");
            FetchException error = failure(server);
            that(error.getMessage().contains("503 (no_license)"), error.getMessage());
            equal(17L, error.retryAfter());
            server.answer = RelayServer.status(401, "unknown_key", null);
            error = failure(server);
            that(error.getMessage().contains("401 (unknown_key)"), error.getMessage());
            that(!error.getMessage().contains(KEY), error.getMessage());
            equal(0L, error.retryAfter());
        }
    }

    public static void retryAfterMayBeADate() throws IOException {
        try (RelayServer server = new RelayServer()) {
            ZonedDateTime soon = ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(120);
            String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(soon);
            server.answer = RelayServer.status(503, "no_license", date);
            long wait = failure(server).retryAfter();
            that(wait >= 110 && wait <= 121, wait + " s");
            for (String nonsense : new String[] {"soon", "-5", "99999999999999999999"}) {
                server.answer = RelayServer.status(503, "no_license", nonsense);
                equal(0L, failure(server).retryAfter());
            }
        }
    }

    public static void nonsenseIsAFailure() throws IOException {
        try (RelayServer server = new RelayServer()) {
            String open = "{\"License\":\"";
            String[] answers = {
                "", "null", "{}", open, open + "\"}", open + "ä\"}", open + "a".repeat(2_049) + "\"}",
                "[".repeat(1_000_000), "{\"License\":" + " ".repeat(1_000_000) + "\"a.b.c\"}"
            };
            for (String answer : answers) {
                server.answer = RelayServer.text(answer);
                that(failure(server).getMessage().contains("without a licence"), "said so");
            }
        }
    }

    /** A session interrupts a fetch after 30 s, and begins none while four of them do not end. */
    public static void aServerThatDripsIsLeftWhenGivenUp() throws Exception {
        try (RelayServer server = new RelayServer()) {
            CountDownLatch dripped = new CountDownLatch(3);
            server.answer =
                    exchange -> {
                        exchange.sendResponseHeaders(200, 0);
                        while (true) {
                            exchange.getResponseBody().write(' ');
                            exchange.getResponseBody().flush();
                            dripped.countDown();
                            Thread.sleep(50);
                        }
                    };
            Relay relay = new Relay(server.url(), KEY);
            Thread fetch = new Thread(() -> throwsA(InterruptedIOException.class, relay::fetch));
            fetch.start();
            dripped.await();
            fetch.interrupt();
            fetch.join(10_000);
            that(!fetch.isAlive(), "the fetch has ended");
        }
    }

    /** So is one that never ends its header, which no server of the JDK's does. */
    public static void aHeaderThatDripsIsLeftWhenGivenUp() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            CountDownLatch dripped = new CountDownLatch(3);
            Thread drip =
                    new Thread(
                            () -> {
                                try (Socket peer = server.accept()) {
                                    peer.getOutputStream().write("HTTP/1.1 200 OK\r\nX: ".getBytes());
                                    while (true) {
                                        peer.getOutputStream().write('x');
                                        dripped.countDown();
                                        Thread.sleep(50);
                                    }
                                } catch (IOException | InterruptedException left) {
                                    // As it should be.
                                }
                            });
            drip.start();
            Relay relay = new Relay("http://127.0.0.1:" + server.getLocalPort(), KEY);
            Thread fetch = new Thread(() -> throwsA(SocketException.class, relay::fetch));
            fetch.start();
            dripped.await();
            fetch.interrupt();
            fetch.join(10_000);
            boolean left = !fetch.isAlive();
            drip.interrupt();
            that(left, "the fetch has ended");
        }
    }

    /** Another host must not get the credential. */
    public static void aRedirectIsNotFollowed() throws IOException {
        try (RelayServer server = new RelayServer();
                RelayServer other = new RelayServer()) {
            server.answer =
                    exchange -> {
                        exchange.getResponseHeaders().set("Location", other.url());
                        exchange.sendResponseHeaders(302, -1);
                    };
            that(failure(server).getMessage().contains("302"), "said so");
            equal(0, other.requests.size());
        }
    }

    public static void misconfigurationIsSaidWithoutSecrets() {
        String[] urls = {"", "relay", "ftp://relay", "http://", "https://a:b@relay", "http://[", "é"};
        for (String url : urls) {
            throwsA(IllegalArgumentException.class, () -> new Relay(url, KEY));
        }
        for (String key : new String[] {"", KEY + "\n", KEY + "é", KEY.repeat(1_000)}) {
            Throwable error =
                    throwsA(IllegalArgumentException.class, () -> new Relay("https://relay", key));
            that(!error.getMessage().contains(KEY), error.getMessage());
        }
    }

    private static FetchException failure(RelayServer server) {
        Relay relay = new Relay(server.url(), KEY);
        return (FetchException) throwsA(FetchException.class, relay::fetch);
    }
}
