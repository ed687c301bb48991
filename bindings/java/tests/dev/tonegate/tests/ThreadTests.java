// Many threads, small stacks, and memory that comes back.

package dev.tonegate.tests;

import static dev.tonegate.tests.Tests.equal;
import static dev.tonegate.tests.Tests.that;

import dev.tonegate.Gate;
import dev.tonegate.Tonegate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Eight threads at a time, and 100,000 gates. */
final class ThreadTests {
    private static final int GATES = 100_000;
    private static final long GROWTH_KIB_MAX = 16_384;

    private ThreadTests() {}

    public static void eightThreadsShareAGate() throws Throwable {
        try (Gate gate = new Gate(Cases.options(), null)) {
            gate.load(Cases.LICENSE, Cases.after(60));
            AtomicLong runs = new AtomicLong();
            inEightThreads(
                    0,
                    () -> {
                        for (int time = 0; time < 2_000; time++) {
                            equal("run", gate.check("ans", Cases.after(61)).answer());
                            that(gate.renew(Cases.LICENSE, Cases.after(61)).inForce(), "again");
                            equal("feature_missing", gate.check("x", Cases.after(61)).reason());
                            runs.incrementAndGet();
                        }
                    });
            equal(16_000L, runs.get());
        }
    }

    public static void closingUnderOthersIsAnException() throws Throwable {
        for (int time = 0; time < 200; time++) {
            Gate gate = new Gate(Cases.options(), null);
            gate.load(Cases.LICENSE, Cases.after(60));
            inEightThreads(
                    0,
                    () -> {
                        try {
                            for (int use = 0; use < 100; use++) {
                                equal("run", gate.check("ans", Cases.after(61)).answer());
                            }
                        } catch (IllegalStateException closed) {
                            return;
                        }
                        gate.close();
                    });
        }
    }

    public static void aSmallStackIsEnough() throws Throwable {
        inEightThreads(
                64 * 1_024,
                () -> {
                    try (Gate gate = new Gate(Cases.options(), null)) {
                        that(gate.load(Cases.LICENSE, Cases.after(60)).isValid(), "it is valid");
                        equal("run", gate.check("ans", Cases.after(61)).answer());
                    }
                    Tonegate.explain(Cases.LICENSE, Cases.options(), null);
                });
    }

    public static void closedGatesLeaveNothing() throws IOException {
        rounds(GATES / 10, true);
        long before = resident();
        rounds(GATES, true);
        long grown = resident() - before;
        that(grown < GROWTH_KIB_MAX, grown + " KiB more after " + GATES + " gates");
    }

    /** What nobody closed is freed once the collector has found it. */
    public static void forgottenGatesLeaveNothing() throws IOException {
        rounds(GATES / 10, false);
        long before = resident();
        rounds(GATES, false);
        long grown = resident() - before;
        // 100,000 gates of over 1,000 bytes are more than 100 MB.
        that(grown < 2 * GROWTH_KIB_MAX, grown + " KiB more after " + GATES + " gates");
    }

    private static void rounds(int gates, boolean close) {
        for (int time = 0; time < gates; time++) {
            Gate gate = new Gate(Cases.options(), null);
            gate.check("ans", Cases.after(60));
            if (close) {
                gate.close();
            } else if (time % 5_000 == 0) {
                System.gc();
            }
        }
        System.gc();
    }

    /** Resident memory, KiB. */
    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new AssertionError("no VmRSS");
    }

    private static void inEightThreads(long stack, Tests.Action action) throws Throwable {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int number = 0; number < 8; number++) {
            Runnable run =
                    () -> {
                        try {
                            action.run();
                        } catch (Throwable thrown) {
                            failure.compareAndSet(null, thrown);
                        }
                    };
            Thread thread = new Thread(null, run, "test-" + number, stack);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }
}
