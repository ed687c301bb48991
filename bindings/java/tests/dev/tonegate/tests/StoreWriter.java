// A process that does nothing but save, to be killed at it.

package dev.tonegate.tests;

import dev.tonegate.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Saves 2,080 bytes of 1, then of 2, then of 1, …, until it is killed. */
final class StoreWriter {
    private StoreWriter() {}

    public static void main(String[] arguments) throws IOException {
        FileStore store = new FileStore(Path.of(arguments[0]));
        byte[] bytes = new byte[2_080];
        for (long time = 0; ; time++) {
            Arrays.fill(bytes, (byte) (1 + time % 2));
            store.save(bytes);
            if (time == 0) {
                System.out.println("saving");
            }
        }
    }
}
