// One fetch at a time, each on a daemon thread of its own, and none for longer than 30 s.
//
// A fetch that hangs is interrupted and given up, so that the next can begin; one that does not heed
// that goes on in vain, and after four of those no more are begun until one ends.

package dev.tonegate;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs a session's fetches. All but {@link #wake} is for the session's thread alone. */
final class Fetches {
    private static final long GIVEN_UP_NANOS = 30_000_000_000L;
    private static final int RUNNING_MAX = 4;

    /** What came of a fetch: a text, or why there is none. */
    record Outcome(long number, String license, Throwable failure) {}

    private static final Outcome WAKE = new Outcome(0, null, null);

    private final LinkedBlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    private final AtomicInteger running = new AtomicInteger();
    private final Fetch fetch;
    private Thread underWay;
    private long number;
    private long begun;

    Fetches(Fetch fetch) {
        this.fetch = fetch;
    }

    /** Begins a fetch in place of the one under way; its outcome comes from {@link #await}. */
    void begin() {
        giveUp();
        long mine = ++number;
        begun = System.nanoTime();
        underWay = new Thread(() -> run(mine), "tonegate-fetch");
        underWay.setDaemon(true);
        try {
            if (running.get() >= RUNNING_MAX) {
                throw new FetchException(RUNNING_MAX + " fetches hang, so none is begun", 0, null);
            }
            underWay.start();
            running.incrementAndGet();
        } catch (Throwable failure) {
            outcomes.add(new Outcome(mine, null, failure));
        }
    }

    /** Waits for the fetch under way. Null: none ended, and time has passed or somebody called. */
    Outcome await(long seconds) throws InterruptedException {
        long nanos = Math.min(TimeUnit.SECONDS.toNanos(seconds), nanosLeft());
        Outcome outcome = outcomes.poll(nanos, TimeUnit.NANOSECONDS);
        boolean ended = outcome != null && underWay != null && outcome.number() == number;
        if (ended) {
            underWay = null;
            return outcome;
        }
        if (nanosLeft() > 0) {
            return null;
        }
        giveUp();
        Throwable late = new FetchException("the fetch brought nothing within 30 s", 0, null);
        return new Outcome(number, null, late);
    }

    /** Ends a wait; from any thread. */
    void wake() {
        if (!outcomes.contains(WAKE)) {
            outcomes.add(WAKE);
        }
    }

    /** Gives up the fetch under way, if there is one; what it brings later counts for nothing. */
    void giveUp() {
        if (underWay != null) {
            underWay.interrupt();
            underWay = null;
        }
    }

    private long nanosLeft() {
        long passed = System.nanoTime() - begun;
        return underWay == null ? Long.MAX_VALUE : Math.max(GIVEN_UP_NANOS - passed, 0);
    }

    private void run(long mine) {
        Outcome outcome;
        try {
            outcome = new Outcome(mine, fetch.fetch(), null);
        } catch (Throwable failure) {
            // Whatever an app's own code throws, the session goes on.
            outcome = new Outcome(mine, null, failure);
        }
        running.decrementAndGet();
        outcomes.add(outcome);
    }
}
