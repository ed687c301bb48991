// Where a session's licences come from.

package dev.tonegate;

/** Fetches a licence. {@link Relay} is a ready one. */
@FunctionalInterface
public interface Fetch {
    /**
     * Fetches the licence text, on a thread of its own; interrupted after 30 s.
     *
     * @return the text, as the issuer answered it
     * @throws Exception where none came; a {@link FetchException} can say when to come back
     */
    String fetch() throws Exception;
}
