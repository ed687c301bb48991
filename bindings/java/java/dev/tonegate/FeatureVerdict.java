// May a feature run now, and what to do where it may not.
//
// A check makes no object: what it comes to is one number, and every verdict but a grace's is made
// once.

package dev.tonegate;

/**
 * May a feature run now, and what to do where it may not.
 *
 * @param answer {@code run}; {@code grace}: it may for so many more seconds; {@code bypass}: pass the
 *     audio untouched; {@code stop}: end the operation with the SDK code
 * @param reason why it does not run, by its stable name; null: it does
 * @param sdkCode 0, or the published SDK's 81, 82 or 83
 * @param secondsLeft seconds until the grace of this device ends; null where there is none
 */
public record FeatureVerdict(String answer, String reason, int sdkCode, Long secondsLeft) {
    private static final String[] ANSWERS = {"run", "grace", "bypass", "stop"};

    /** By answer, then by reason, counted from 1; 0: none. */
    private static final FeatureVerdict[][] KNOWN = known();

    /**
     * Does the feature run?
     *
     * @return true for {@code run} and {@code grace}
     */
    public boolean runs() {
        return reason == null;
    }

    /** Reads the number that bindings/java/src/verdicts.rs makes. */
    static FeatureVerdict of(long number) {
        int answer = (int) (number & 3);
        if (answer == 1) {
            return new FeatureVerdict("grace", null, 0, number >>> 32);
        }
        return KNOWN[answer][(int) (number >>> 8 & 0xff)];
    }

    private static FeatureVerdict[][] known() {
        String[] reasons = Native.reasons().split("\n");
        FeatureVerdict[][] known = new FeatureVerdict[ANSWERS.length][reasons.length + 1];
        for (int answer = 0; answer < ANSWERS.length; answer++) {
            known[answer][0] = new FeatureVerdict(ANSWERS[answer], null, 0, null);
            for (int reason = 0; reason < reasons.length; reason++) {
                String[] words = reasons[reason].split(" ");
                int code = Integer.parseInt(words[1]);
                known[answer][reason + 1] =
                        new FeatureVerdict(ANSWERS[answer], words[0], code, null);
            }
        }
        return known;
    }
}
