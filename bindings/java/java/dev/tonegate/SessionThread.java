// A session's thread and its lock: asks the native library what is due, and does it.
//
// `handle` is the lock; nothing of the app's (callbacks, store, fetch, clock) is called while it is
// held. Only the thread fetches, stores and calls back, or whoever builds or closes a session that
// has none, so what is saved last is what is newest.

package dev.tonegate;

import java.util.concurrent.ThreadLocalRandom;

/** What a {@link LicenseSession} runs on. */
final class SessionThread {
    private static final long CLOSE_MILLIS = 5_000;
    private static final long PAUSE_MILLIS = 1_000;

    private final LicenseSession.Builder app;
    private final Fetches fetches;
    private final Handle handle;
    private Thread thread;
    private volatile boolean closed;

    /** A check found something to store. */
    private volatile boolean wanted;

    /** The store did not take what was to be saved. */
    private boolean refused;

    SessionThread(LicenseSession.Builder builder) {
        app = builder;
        fetches = new Fetches(app.fetch);
        byte[] stored = load();
        long drawn = ThreadLocalRandom.current().nextLong();
        String[] fields = app.options.fields();
        Time now = app.clock.get();
        long session = Native.sessionBegin(fields, stored, drawn, now.wall(), now.elapsed());
        handle = new Handle(this, session, Native::sessionRelease);
    }

    void start() {
        synchronized (handle) {
            open();
            if (thread == null) {
                thread = new Thread(this::run, "tonegate-session");
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    FeatureVerdict check(String feature) {
        Time now = app.clock.get();
        long found;
        synchronized (handle) {
            found = Native.sessionCheck(this, open(), feature, now.wall(), now.elapsed());
        }
        // The thread stores it: a check may stand on an audio thread.
        if ((found >>> 16 & 1) != 0 && !wanted) {
            wanted = true;
            fetches.wake();
        }
        return FeatureVerdict.of(found);
    }

    Verdict verdict() {
        Time now = app.clock.get();
        synchronized (handle) {
            return verdict(open(), now);
        }
    }

    Outlook outlook(String feature) {
        synchronized (handle) {
            return Outlook.of(Native.sessionOutlook(this, open(), feature));
        }
    }

    String license() {
        synchronized (handle) {
            String license = Native.sessionLicense(this, open());
            return license == null || license.isEmpty() ? null : license;
        }
    }

    void refresh() {
        synchronized (handle) {
            Native.sessionHasten(this, open());
        }
        fetches.wake();
    }

    void close() {
        Thread running;
        synchronized (handle) {
            if (closed) {
                return;
            }
            closed = true;
            running = thread;
        }
        fetches.wake();
        if (running == null) {
            end();
        } else if (running != Thread.currentThread()) {
            waitFor(running);
        }
    }

    private void run() {
        while (!closed) {
            try {
                turn();
            } catch (Throwable failure) {
                // Memory is out, or the app's clock throws: a later turn may do better.
                report(failure);
                pause();
            }
        }
        fetches.giveUp();
        end();
    }

    /** Does what is due, and waits for what comes next. */
    private void turn() throws InterruptedException {
        Time now = app.clock.get();
        long due;
        Verdict changed = null;
        synchronized (handle) {
            due = Native.sessionTurn(this, handle.address(), now.wall(), now.elapsed());
            if ((due >>> 1 & 1) != 0) {
                changed = verdict(handle.address(), now);
            }
        }
        if ((due >>> 16 & 1) != 0 || wanted || refused) {
            save();
        }
        if (changed != null) {
            tell(changed);
        }
        if ((due & 1) != 0) {
            fetches.begin();
        }
        Fetches.Outcome outcome = fetches.await(due >>> 32);
        if (outcome != null && outcome.failure() != null) {
            failed(outcome.failure());
        } else if (outcome != null) {
            fetched(outcome.license());
        }
    }

    private void fetched(String license) {
        Time now = app.clock.get();
        Renewal renewal;
        synchronized (handle) {
            long session = handle.address();
            long elapsed = now.elapsed();
            String lines = Native.sessionFetched(this, session, license, now.wall(), elapsed);
            renewal = Renewal.of(lines);
        }
        if (!renewal.inForce()) {
            report(new RefusedLicenseException(renewal.verdict()));
        }
    }

    private void failed(Throwable failure) {
        Time now = app.clock.get();
        long wait = failure instanceof FetchException known ? known.retryAfter() : 0;
        synchronized (handle) {
            Native.sessionFailed(this, handle.address(), wait, now.wall(), now.elapsed());
        }
        report(failure);
    }

    private Verdict verdict(long session, Time now) {
        return Verdict.of(Native.sessionVerdict(this, session, now.wall(), now.elapsed()));
    }

    private byte[] load() {
        try {
            return app.store == null ? null : app.store.load();
        } catch (Throwable failure) {
            report(failure);
            return null;
        }
    }

    private void save() {
        wanted = false;
        byte[] bytes;
        synchronized (handle) {
            bytes = Native.sessionSave(this, handle.address(), refused);
        }
        if (bytes == null || app.store == null) {
            return;
        }
        refused = true;
        try {
            app.store.save(bytes);
            refused = false;
        } catch (Throwable failure) {
            report(failure);
        }
    }

    private void tell(Verdict verdict) {
        try {
            app.onChange.accept(verdict);
        } catch (Throwable failure) {
            report(failure);
        }
    }

    private void report(Throwable failure) {
        try {
            app.onError.accept(failure);
        } catch (Throwable ignored) {
            // There is nobody left to tell.
        }
    }

    private void end() {
        try {
            save();
        } finally {
            handle.free();
        }
    }

    /** The native session, for callers from outside. */
    private long open() {
        if (closed) {
            throw new IllegalStateException("the session is closed: make a new one");
        }
        return handle.address();
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException woken) {
            // Then it goes on at once.
        }
    }

    private static void waitFor(Thread thread) {
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
