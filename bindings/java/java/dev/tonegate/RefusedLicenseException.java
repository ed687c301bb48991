// A fetched text that did not come into force.

package dev.tonegate;

/** A fetch brought a text that is not taken; what was in force stays so. */
public final class RefusedLicenseException extends Exception {
    private static final long serialVersionUID = 1;

    /** What the text comes to. */
    private final transient Verdict verdict;

    RefusedLicenseException(Verdict verdict) {
        super(message(verdict));
        this.verdict = verdict;
    }

    /**
     * What the text fetched comes to.
     *
     * @return its verdict; null after this exception was serialized
     */
    public Verdict verdict() {
        return verdict;
    }

    private static String message(Verdict verdict) {
        // Authentic, and not taken all the same: that is the one rule left.
        if (verdict.now() != null) {
            return "the licence fetched is older than the one in force. Some cache on its way is"
                    + " stale: the session asks again.";
        }
        return "the licence fetched is not taken: " + verdict.message() + ". " + verdict.nextStep();
    }
}
