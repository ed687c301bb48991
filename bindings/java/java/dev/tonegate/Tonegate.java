// The functions that need no gate.

package dev.tonegate;

import java.util.Objects;

/** Verifies and explains licences, without keeping them. */
public final class Tonegate {
    private Tonegate() {}

    /**
     * Verifies a licence as at a start of the app, now.
     *
     * <p>Each call costs the device what a start costs: to ask often, keep a {@link Gate}.
     *
     * @param license the text, as the issuer answered it
     * @param options whom to trust and what to expect
     * @param state what the last call gave; null: a new device
     * @return the verdict, and the state to store
     */
    public static Verified verify(String license, Options options, byte[] state) {
        return verify(license, options, state, Time.now());
    }

    /**
     * Verifies a licence at a time of yours.
     *
     * @param license the text, as the issuer answered it
     * @param options whom to trust and what to expect
     * @param state what the last call gave; null: a new device
     * @param time the clocks
     * @return the verdict, and the state to store
     */
    public static Verified verify(String license, Options options, byte[] state, Time time) {
        try (Gate gate = new Gate(options, state)) {
            Verdict verdict = gate.load(license, time);
            return new Verified(verdict, gate.state());
        }
    }

    /**
     * Explains a text now: for logs, support and pages that show a licence.
     *
     * @param license any text
     * @param options whom to trust and what to expect
     * @param state what the device keeps; null: a new device
     * @return a JSON object: what the text is, what is true of it, and what to do next
     */
    public static String explain(String license, Options options, byte[] state) {
        return explain(license, options, state, Time.now());
    }

    /**
     * Explains a text at a time of yours.
     *
     * @param license any text
     * @param options whom to trust and what to expect
     * @param state what the device keeps; null: a new device
     * @param time the clocks
     * @return a JSON object: what the text is, what is true of it, and what to do next
     */
    public static String explain(String license, Options options, byte[] state, Time time) {
        String[] fields = Objects.requireNonNull(options).fields();
        return Native.explain(fields, license, state, time.wall());
    }

    /**
     * The version of the native library.
     *
     * @return such as {@code 0.1.0}
     */
    public static String version() {
        return Native.version();
    }
}
