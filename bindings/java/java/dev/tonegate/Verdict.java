// What is true of a licence at a moment on a device.

package dev.tonegate;

/**
 * What is true of a licence at a moment on a device. Times are Unix seconds, and null where nothing
 * in the text can be believed.
 *
 * @param state {@code valid}, {@code not_yet_valid}, {@code expired} or {@code refused}
 * @param reason why it is not valid, by its stable name; null: it is
 * @param sdkCode 0, or the published SDK's 81 or 82
 * @param message what was found, in words
 * @param nextStep what to do next, in one sentence
 * @param retryable can a newly fetched licence succeed where this one did not?
 * @param now the time of the verdict, which a clock that was set back does not change
 * @param validFrom the first second of validity
 * @param validUntil the first second after it, without any grace
 * @param secondsLeft seconds until the end; 0 after it
 * @param refreshAfter when this device should ask for the next licence
 */
public record Verdict(
        String state,
        String reason,
        int sdkCode,
        String message,
        String nextStep,
        boolean retryable,
        Long now,
        Long validFrom,
        Long validUntil,
        Long secondsLeft,
        Long refreshAfter) {

    /**
     * Is the licence good now?
     *
     * @return true where there is no reason against it
     */
    public boolean isValid() {
        return reason == null;
    }

    /** Reads what bindings/java/src/verdicts.rs writes. */
    static Verdict of(String lines) {
        String[] line = lines.split("\n", -1);
        return new Verdict(
                line[0],
                line[1].isEmpty() ? null : line[1],
                Integer.parseInt(line[2]),
                line[3],
                line[4],
                Boolean.parseBoolean(line[5]),
                time(line[6]),
                time(line[7]),
                time(line[8]),
                time(line[9]),
                time(line[10]));
    }

    private static Long time(String line) {
        return line.isEmpty() ? null : Long.valueOf(line);
    }
}
