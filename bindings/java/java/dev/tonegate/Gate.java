// The feature gate: a licence loaded once, asked at each use. The rules are the native library's.

package dev.tonegate;

import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Holds a licence and answers, at each use of a feature, whether it may run.
 *
 * <p>Loading checks signatures; {@link #check} compares numbers. A licence that cannot be used leaves
 * the gate closed with its reason: nothing is thrown for what a licence text holds. After each call,
 * store {@link #state} where it differs from what was stored. Any number of threads may use a gate.
 * After {@link #close}, every method throws {@link IllegalStateException}.
 */
public final class Gate implements AutoCloseable {
    private final Handle handle;

    /**
     * A closed gate, with the state that the device kept.
     *
     * @param options whom to trust and what to expect
     * @param state what {@link #state} gave last; null, or damaged bytes: a new device's
     */
    public Gate(Options options, byte[] state) {
        int spread = ThreadLocalRandom.current().nextInt(1 << 16);
        long gate = Native.gateCreate(Objects.requireNonNull(options).fields(), state, spread);
        handle = new Handle(this, gate, Native::gateRelease);
    }

    /**
     * Loads a licence in place of the one before, whatever comes of it.
     *
     * @param license the text, as the issuer answered it
     * @return what is true of it
     */
    public Verdict load(String license) {
        return load(license, Time.now());
    }

    /**
     * Loads a licence at a time of yours.
     *
     * @param license the text, as the issuer answered it
     * @param time the clocks
     * @return what is true of it
     */
    public Verdict load(String license, Time time) {
        synchronized (handle) {
            long gate = handle.address();
            return Verdict.of(Native.gateLoad(this, gate, license, time.wall(), time.elapsed()));
        }
    }

    /**
     * Takes a licence in place of the one before where it is authentic and was not made earlier;
     * otherwise the one before stays, and what runs by it runs on.
     *
     * @param license the text, as the issuer answered it
     * @return is it in force, and what the text comes to
     */
    public Renewal renew(String license) {
        return renew(license, Time.now());
    }

    /**
     * Renews at a time of yours.
     *
     * @param license the text, as the issuer answered it
     * @param time the clocks
     * @return is it in force, and what the text comes to
     */
    public Renewal renew(String license, Time time) {
        synchronized (handle) {
            long gate = handle.address();
            return Renewal.of(Native.gateRenew(this, gate, license, time.wall(), time.elapsed()));
        }
    }

    /**
     * What is true of the loaded licence now.
     *
     * @return the verdict
     */
    public Verdict verdict() {
        return verdict(Time.now());
    }

    /**
     * What is true of the loaded licence at a time of yours.
     *
     * @param time the clocks
     * @return the verdict
     */
    public Verdict verdict(Time time) {
        synchronized (handle) {
            long gate = handle.address();
            return Verdict.of(Native.gateVerdict(this, gate, time.wall(), time.elapsed()));
        }
    }

    /**
     * May a feature run now? Ask at each use, and every 60 s while it lasts: nothing ends by itself.
     *
     * @param feature its name
     * @return run, grace, bypass or stop
     */
    public FeatureVerdict check(String feature) {
        return check(feature, Time.now());
    }

    /**
     * May a feature run at a time of yours?
     *
     * @param feature its name
     * @param time the clocks
     * @return run, grace, bypass or stop
     */
    public FeatureVerdict check(String feature, Time time) {
        synchronized (handle) {
            long gate = handle.address();
            long found = Native.gateCheck(this, gate, feature, time.wall(), time.elapsed());
            return FeatureVerdict.of(found);
        }
    }

    /**
     * What becomes of a feature when the licence ends, and when that is on this device.
     *
     * @param feature its name
     * @return the outlook; null where no authentic licence names the feature
     */
    public Outlook outlook(String feature) {
        synchronized (handle) {
            return Outlook.of(Native.gateOutlook(this, handle.address(), feature));
        }
    }

    /**
     * What the device should keep.
     *
     * @return 32 bytes
     */
    public byte[] state() {
        synchronized (handle) {
            return Native.gateState(this, handle.address());
        }
    }

    /** Frees the native memory. Once is enough, twice does no harm. */
    @Override
    public void close() {
        handle.free();
    }
}
