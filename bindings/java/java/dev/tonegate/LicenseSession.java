// A licence kept fresh: the public side. What is due when is the native library's to say; the thread
// that does it is SessionThread's.

package dev.tonegate;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Keeps one app's licence fresh: fetches the next one in time, keeps it over restarts, and says when
 * something changes. A new licence comes into force without anything being begun anew.
 *
 * <p>Any number of threads may use a session. Nothing that fails (a callback, the store, a fetch)
 * ends it. Callbacks come one after another from the session's own thread, outside of its lock, so
 * they may call the session; while one takes its time, nothing is fetched. After {@link #close},
 * every other method throws {@link IllegalStateException}.
 */
public final class LicenseSession implements AutoCloseable {
    private final SessionThread thread;

    private LicenseSession(Builder builder) {
        thread = new SessionThread(builder);
    }

    /**
     * Begins a session's description.
     *
     * @param options whom to trust and what to expect
     * @param fetch where licences come from, such as a {@link Relay}
     * @return a builder
     */
    public static Builder builder(Options options, Fetch fetch) {
        return new Builder(options, fetch);
    }

    /** Begins to fetch, on a daemon thread. Before that, what was stored is in force. */
    public void start() {
        thread.start();
    }

    /**
     * May a feature run now? Ask at each use, and every 60 s while it lasts: nothing ends by itself.
     *
     * @param feature its name
     * @return run, grace, bypass or stop
     */
    public FeatureVerdict check(String feature) {
        return thread.check(feature);
    }

    /**
     * What is true of the licence in force.
     *
     * @return the verdict now
     */
    public Verdict verdict() {
        return thread.verdict();
    }

    /**
     * What becomes of a feature when the licence ends, and when that is on this device.
     *
     * @param feature its name
     * @return the outlook; null where no authentic licence names the feature
     */
    public Outlook outlook(String feature) {
        return thread.outlook(feature);
    }

    /**
     * The text of the licence that is held.
     *
     * @return the text; null: none is
     */
    public String license() {
        return thread.license();
    }

    /** Forgets a wait after a failure, and fetches at once if one is due: the network is back. */
    public void refresh() {
        thread.refresh();
    }

    /** Stores what is left to store and ends the thread. Once is enough, twice does no harm. */
    @Override
    public void close() {
        thread.close();
    }

    /** Describes a session. */
    public static final class Builder {
        final Options options;
        final Fetch fetch;
        Store store;
        Consumer<Verdict> onChange = verdict -> {};
        Consumer<Throwable> onError = error -> {};
        Supplier<Time> clock = Time::now;

        private Builder(Options options, Fetch fetch) {
            this.options = Objects.requireNonNull(options);
            this.fetch = Objects.requireNonNull(fetch);
        }

        /** A copy: what is set on the builder later changes no session. */
        private Builder(Builder other) {
            this(other.options, other.fetch);
            store = other.store;
            onChange = other.onChange;
            onError = other.onError;
            clock = other.clock;
        }

        /**
         * Where to keep state and licence between two starts. Without, each start is a first one.
         *
         * @param store such as a {@link FileStore}
         * @return this builder
         */
        public Builder store(Store store) {
            this.store = store;
            return this;
        }

        /**
         * Who hears of each change of the verdict, and of each new licence in force.
         *
         * @param onChange gets the verdict
         * @return this builder
         */
        public Builder onChange(Consumer<Verdict> onChange) {
            this.onChange = Objects.requireNonNull(onChange);
            return this;
        }

        /**
         * Who hears of what failed: a fetch ({@link FetchException}, or what yours threw), a licence
         * ({@link RefusedLicenseException}), the store, a callback. The session goes on.
         *
         * @param onError gets what was thrown
         * @return this builder
         */
        public Builder onError(Consumer<Throwable> onError) {
            this.onError = Objects.requireNonNull(onError);
            return this;
        }

        /**
         * Another clock, such as Android's {@code elapsedRealtime}, which counts on in sleep.
         *
         * @param clock read at each call
         * @return this builder
         */
        public Builder clock(Supplier<Time> clock) {
            this.clock = Objects.requireNonNull(clock);
            return this;
        }

        /**
         * The session, with what was stored in force; {@link LicenseSession#start} it.
         *
         * @return a session to close
         */
        public LicenseSession build() {
            return new LicenseSession(new Builder(this));
        }
    }
}
