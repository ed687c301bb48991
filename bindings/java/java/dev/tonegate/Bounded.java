// Reads a stream up to a bound.
//
// Not InputStream.readNBytes: Android has that since 13 only, and nothing brings it to older ones.

package dev.tonegate;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Reads what others wrote, however long it is. */
final class Bounded {
    private Bounded() {}

    /** The first bytes of a stream, at most so many. */
    static byte[] read(InputStream in, int most) throws IOException {
        byte[] bytes = new byte[most];
        int length = 0;
        for (int read = 0; read >= 0 && length < most; length += Math.max(read, 0)) {
            read = in.read(bytes, length, most - length);
        }
        return Arrays.copyOf(bytes, length);
    }
}
