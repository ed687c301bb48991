// Where a session keeps its bytes between two starts.

package dev.tonegate;

import java.io.IOException;

/** Keeps a session's bytes, at most 2,080. {@link FileStore} is a ready one. */
public interface Store {
    /**
     * What was saved last.
     *
     * @return the bytes; null, or none, on a new device
     * @throws IOException where they cannot be read: the session then begins as on a new device
     */
    byte[] load() throws IOException;

    /**
     * Saves in place of what was saved before, all or nothing.
     *
     * @param bytes what to keep
     * @throws IOException where they are not kept: the session tries again within 60 s
     */
    void save(byte[] bytes) throws IOException;
}
