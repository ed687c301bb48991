// A real HTTP server on loopback that plays a relay, well or badly.

package dev.tonegate.tests;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What it answers can be changed at any time. */
final class RelayServer implements AutoCloseable {
    /** One way to answer. */
    interface Answer {
        void to(HttpExchange exchange) throws IOException, InterruptedException;
    }

    /** Each request: when it came (nanoseconds), and its method, path and credential. */
    record Request(long at, String line, String authorization) {}

    final List<Request> requests = new CopyOnWriteArrayList<>();
    volatile Answer answer = license(Cases.LICENSE);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    RelayServer() throws IOException {
        this(0);
    }

    RelayServer(int port) throws IOException {
        server = HttpServer.create(address(port), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Closes the port and every connection. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    static Answer license(String license) {
        String body = "{\"License\":\"" + license + "\",\"AppId\":12345,\"Source\":\"fresh\"}";
        return exchange -> send(exchange, 200, body);
    }

    static Answer status(int status, String code, String retryAfter) {
        return exchange -> {
            if (retryAfter != null) {
                exchange.getResponseHeaders().set("Retry-After", retryAfter);
            }
            send(exchange, status, "{\"code\":\"" + code + "\"}");
        };
    }

    static Answer text(String text) {
        return exchange -> send(exchange, 200, text);
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        requests.add(new Request(System.nanoTime(), line, authorization));
        try (exchange) {
            answer.to(exchange);
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private static InetSocketAddress address(int port) throws IOException {
        return new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
    }
}
