// What will become of a feature when its licence ends.

package dev.tonegate;

/**
 * What will become of a feature of the loaded licence on this device.
 *
 * @param onExpiry its policy: {@code stop}, {@code bypass} or {@code grace:<hours>}
 * @param runsUntil the first second in which it no longer runs, Unix seconds: after this device's
 *     part of a grace
 */
public record Outlook(String onExpiry, long runsUntil) {
    /** Reads what bindings/java/src/verdicts.rs writes; null stays null. */
    static Outlook of(String lines) {
        if (lines == null) {
            return null;
        }
        String[] line = lines.split("\n", -1);
        return new Outlook(line[0], Long.parseLong(line[1]));
    }
}
