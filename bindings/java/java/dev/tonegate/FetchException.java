// A fetch that brought no licence.

package dev.tonegate;

import java.io.IOException;

/** A fetch brought no licence. The session tries again by itself. */
public final class FetchException extends IOException {
    private static final long serialVersionUID = 1;

    private final long retryAfter;

    /**
     * A failure.
     *
     * @param message what happened; no secrets
     * @param retryAfter how many seconds the server asked to wait; 0: it did not
     * @param cause what was thrown; may be null
     */
    public FetchException(String message, long retryAfter, Throwable cause) {
        super(message, cause);
        this.retryAfter = retryAfter;
    }

    /**
     * How long the server asked to wait.
     *
     * @return seconds; 0: it did not ask
     */
    public long retryAfter() {
        return retryAfter;
    }
}
