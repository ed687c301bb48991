// What came of a licence that was offered in place of the one before.

package dev.tonegate;

/**
 * What came of a licence that was offered.
 *
 * @param inForce is it taken, or does the one before stay?
 * @param verdict what the text offered comes to
 */
public record Renewal(boolean inForce, Verdict verdict) {
    /** Reads what bindings/java/src/verdicts.rs writes. */
    static Renewal of(String lines) {
        int end = lines.indexOf('\n');
        boolean inForce = Boolean.parseBoolean(lines.substring(0, end));
        return new Renewal(inForce, Verdict.of(lines.substring(end + 1)));
    }
}
