// A session before a relay that is well, ill and away.

package dev.tonegate.tests;

import static dev.tonegate.tests.Tests.equal;
import static dev.tonegate.tests.Tests.that;
import static dev.tonegate.tests.Tests.throwsA;

import dev.tonegate.Fetch;
import dev.tonegate.FetchException;
import dev.tonegate.FileStore;
import dev.tonegate.LicenseSession;
import dev.tonegate.RefusedLicenseException;
import dev.tonegate.Relay;
import dev.tonegate.Store;
import dev.tonegate.Time;
import dev.tonegate.Verdict;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Each session has a clock of its own, which tests move forward. */
final class SessionTests {
    private SessionTests() {}

    public static void aLicenseComesAndIsRenewed() throws Exception {
        try (RelayServer server = new RelayServer();
                App app = new App(new Relay(server.url(), "key"))) {
            equal("empty", app.session.check("ans").reason());
            app.session.start();
            app.session.start();
            until(() -> app.session.check("ans").runs());
            until(() -> app.changes.size() == 1);
            that(app.changes.get(0).isValid(), app.changes.toString());
            equal(Cases.LICENSE, app.session.license());
            equal("bypass", app.session.outlook("ans").onExpiry());
            equal(1, server.requests.size());

            // Nothing is due: a refresh asks nobody.
            app.session.refresh();
            Thread.sleep(300);
            equal(1, server.requests.size());

            // Now it is.
            server.answer = RelayServer.license(Cases.NEWER);
            app.moveTo(app.session.verdict().refreshAfter() + 1);
            app.session.refresh();
            until(() -> Cases.NEWER.equals(app.session.license()));
            that(app.session.check("ans").runs(), "it runs on");
            equal(2, server.requests.size());
            equal(List.of(), app.errors);
        }
    }

    public static void anOutageTakesNothingAway() throws Exception {
        RelayServer server = new RelayServer();
        try (App app = new App(new Relay(server.url(), "key"))) {
            app.session.start();
            until(() -> app.session.check("ans").runs());
            int port = server.port();
            server.close();
            app.moveTo(app.session.verdict().refreshAfter() + 1);
            app.session.refresh();
            until(() -> !app.errors.isEmpty());
            that(app.errors.get(0) instanceof ConnectException, app.errors.toString());
            that(app.session.check("ans").runs(), "it runs on");

            try (RelayServer bad = new RelayServer(port)) {
                bad.answer = RelayServer.text("<html>");
                app.refreshUntilError("without a licence");
                bad.answer = RelayServer.license("nonsense");
                app.refreshUntilError("not a licence");
                that(app.errors.get(app.errors.size() - 1) instanceof RefusedLicenseException, "");
                bad.answer = RelayServer.status(500, "internal", null);
                app.refreshUntilError("500");
                that(app.session.check("ans").runs(), "it runs on");
                equal(Cases.LICENSE, app.session.license());

                // And back again.
                bad.answer = RelayServer.license(Cases.NEWER);
                app.session.refresh();
                until(() -> Cases.NEWER.equals(app.session.license()));

                // A stale cache on the way hands out the one before.
                bad.answer = RelayServer.license(Cases.LICENSE);
                app.moveTo(app.session.verdict().refreshAfter() + 1);
                app.refreshUntilError("older");
                equal(Cases.NEWER, app.session.license());
            }
            // The first licence, and the newer one in its place; nothing else was worth telling.
            equal(2, app.changes.size());

            // The end comes at its second, whoever is away.
            app.moveTo(app.session.verdict().validUntil());
            equal("bypass", app.session.check("ans").answer());
            app.session.refresh();
            until(() -> app.changes.size() == 3);
            equal("expired", app.changes.get(2).state());
        }
    }

    public static void aServerMaySayWhenToComeBack() throws Exception {
        try (RelayServer server = new RelayServer();
                App app = new App(new Relay(server.url(), "key"))) {
            server.answer = RelayServer.status(429, "rate_limited", "8");
            app.session.start();
            until(() -> app.errors.size() == 1);
            equal(8L, ((FetchException) app.errors.get(0)).retryAfter());
            server.answer = RelayServer.license(Cases.LICENSE);
            until(() -> app.session.check("ans").runs());
            RelayServer.Request first = server.requests.get(0);
            long waited = server.requests.get(1).at() - first.at();
            that(waited > 7_000_000_000L, "it came back after " + waited + " ns");
        }
    }

    public static void aRestartGoesOn() throws Exception {
        Path folder = StoreTests.folder();
        FileStore store = new FileStore(folder.resolve("license.bin"));
        try (RelayServer server = new RelayServer();
                App app = new App(new Relay(server.url(), "key"), store)) {
            app.session.start();
            until(() -> app.session.check("ans").runs());
        }
        Fetch away = () -> { throw new ConnectException("away"); };
        try (App app = new App(away, store)) {
            app.moveTo(Cases.MADE + 400);
            that(app.session.check("ans").runs(), "before anything was fetched");
            app.session.start();
            until(() -> app.changes.size() == 1);
            app.moveTo(Cases.MADE + Cases.LIFE);
            equal("expired", app.session.check("ans").reason());
            app.session.refresh();
            until(() -> app.changes.size() == 2);
        }
        // The clock is set back over the restart, and what was stored says no.
        try (App app = new App(away, store)) {
            equal("expired", app.session.check("ans").reason());
        }
        StoreTests.remove(folder);
    }

    /** Without a thread, too, nothing that was used is forgotten. */
    public static void closingSaves() throws Exception {
        Memory memory = new Memory();
        LicenseSession first = new App(() -> Cases.LICENSE, memory).session;
        first.start();
        until(() -> first.check("ans").runs());
        first.close();
        equal(Cases.LICENSE, new String(memory.bytes, 32, memory.bytes.length - 32));
        byte[] before = memory.bytes;
        App app = new App(() -> Cases.LICENSE, memory);
        app.moveTo(Cases.MADE + 100_000);
        app.session.check("ans");
        app.session.close();
        that(!java.util.Arrays.equals(before, memory.bytes), "the later time is stored");
        equal(2_080 >= memory.bytes.length, true);
    }

    public static void whatFailsDoesNotEndIt() throws Exception {
        AtomicInteger saves = new AtomicInteger();
        Store store =
                new Store() {
                    @Override
                    public byte[] load() {
                        throw new IllegalStateException("load fails");
                    }

                    @Override
                    public void save(byte[] bytes) throws IOException {
                        saves.incrementAndGet();
                        throw new IOException("the disk is full");
                    }
                };
        AtomicInteger fetches = new AtomicInteger();
        Fetch fetch =
                () -> {
                    switch (fetches.incrementAndGet()) {
                        case 1:
                            throw new StackOverflowError("fetch fails");
                        case 2:
                            return null;
                        default:
                            return Cases.LICENSE;
                    }
                };
        AtomicLong calls = new AtomicLong();
        LicenseSession session =
                LicenseSession.builder(Cases.options(), fetch)
                        .store(store)
                        .clock(() -> Cases.after(60 + calls.getAndIncrement() / 1_000))
                        .onChange(verdict -> { throw new IllegalStateException("change fails"); })
                        .onError(error -> { throw new AssertionError("so does this"); })
                        .build();
        session.start();
        until(
                () -> {
                    session.refresh();
                    return session.check("ans").runs();
                });
        until(() -> saves.get() >= 2);
        equal(3, fetches.get());
        session.close();
    }

    public static void aFetchThatHangsIsGivenUp() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        AtomicInteger fetches = new AtomicInteger();
        Fetch fetch =
                () -> {
                    if (fetches.incrementAndGet() > 1) {
                        return Cases.LICENSE;
                    }
                    try {
                        Thread.sleep(600_000);
                    } catch (InterruptedException givenUp) {
                        interrupted.countDown();
                    }
                    return "late";
                };
        try (App app = new App(fetch)) {
            app.session.start();
            interrupted.await();
            until(() -> !app.errors.isEmpty());
            that(app.errors.get(0).getMessage().contains("30 s"), app.errors.toString());
            app.session.refresh();
            until(() -> app.session.check("ans").runs());
            equal(1, app.errors.size());
        }
    }

    public static void callbacksMayCallTheSession() throws Exception {
        LicenseSession[] session = new LicenseSession[1];
        AtomicInteger told = new AtomicInteger();
        AtomicInteger saved = new AtomicInteger();
        Memory memory = new Memory() {
            @Override
            public void save(byte[] bytes) {
                super.save(bytes);
                saved.incrementAndGet();
                session[0].refresh();
            }
        };
        session[0] =
                LicenseSession.builder(Cases.options(), () -> Cases.LICENSE)
                        .store(memory)
                        .clock(() -> Cases.after(60))
                        .onChange(
                                verdict -> {
                                    told.incrementAndGet();
                                    if (verdict.isValid()) {
                                        that(session[0].check("ans").runs(), "it runs");
                                        session[0].close();
                                    }
                                })
                        .build();
        session[0].start();
        until(() -> told.get() == 1 || told.get() == 2);
        until(() -> isClosed(session[0]));
        until(() -> threads("tonegate-session") == 0);
        that(saved.get() > 0, "it saved");
    }

    public static void closingEndsTheThread() throws Exception {
        try (RelayServer server = new RelayServer()) {
            server.answer = exchange -> Thread.sleep(5_000);
            for (int time = 0; time < 20; time++) {
                App app = new App(new Relay(server.url(), "key"));
                app.session.start();
                app.session.close();
                app.session.close();
                throwsA(IllegalStateException.class, () -> app.session.check("ans"));
                throwsA(IllegalStateException.class, app.session::verdict);
                throwsA(IllegalStateException.class, () -> app.session.outlook("ans"));
                throwsA(IllegalStateException.class, app.session::license);
                throwsA(IllegalStateException.class, app.session::refresh);
                throwsA(IllegalStateException.class, app.session::start);
            }
            equal(0L, threads("tonegate-session"));
        }
        until(() -> threads("tonegate-fetch") == 0);
    }

    public static void eightThreadsAskASession() throws Exception {
        try (RelayServer server = new RelayServer();
                App app = new App(new Relay(server.url(), "key"), new Memory())) {
            app.session.start();
            until(() -> app.session.check("ans").runs());
            AtomicInteger runs = new AtomicInteger();
            Thread[] threads = new Thread[8];
            for (int number = 0; number < threads.length; number++) {
                threads[number] =
                        new Thread(
                                () -> {
                                    for (int time = 0; time < 2_000; time++) {
                                        runs.addAndGet(app.session.check("ans").runs() ? 1 : 0);
                                        app.session.refresh();
                                        app.session.verdict();
                                    }
                                });
                threads[number].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            equal(16_000, runs.get());
            equal(1, server.requests.size());
            equal(List.of(), app.errors);
        }
    }

    private static boolean isClosed(LicenseSession session) {
        try {
            session.verdict();
            return false;
        } catch (IllegalStateException closed) {
            return true;
        }
    }

    private static long threads(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .count();
    }

    /** Waits for what must come, and fails after a minute. */
    private static void until(BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + 60_000_000_000L;
        while (!holds.getAsBoolean()) {
            that(System.nanoTime() < end, "it did not come within a minute");
            Thread.sleep(10);
        }
    }

    /** A store that forgets with the process. */
    private static class Memory implements Store {
        volatile byte[] bytes;

        @Override
        public byte[] load() {
            return bytes;
        }

        @Override
        public void save(byte[] bytes) {
            this.bytes = bytes;
        }
    }

    /** A session, what it said, and its clock, which begins a minute after the licence was made. */
    private static final class App implements AutoCloseable {
        final List<Verdict> changes = new CopyOnWriteArrayList<>();
        final List<Throwable> errors = new CopyOnWriteArrayList<>();
        final LicenseSession session;
        private final AtomicLong ahead = new AtomicLong();
        private final long begun = System.nanoTime();

        App(Fetch fetch) {
            this(fetch, null);
        }

        App(Fetch fetch, Store store) {
            session =
                    LicenseSession.builder(Cases.options(), fetch)
                            .store(store)
                            .clock(this::now)
                            .onChange(verdict -> { if (verdict.now() != null) changes.add(verdict); })
                            .onError(errors::add)
                            .build();
        }

        /** Lets time pass, at once. */
        void moveTo(long wall) {
            ahead.addAndGet(wall - now().wall());
        }

        void refreshUntilError(String part) throws InterruptedException {
            session.refresh();
            until(() -> errors.get(errors.size() - 1).getMessage().contains(part));
        }

        @Override
        public void close() {
            session.close();
        }

        private Time now() {
            return Cases.after(60 + ahead.get() + (System.nanoTime() - begun) / 1_000_000_000);
        }
    }
}
