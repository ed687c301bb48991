// The ready store, and what a crash leaves of it.

package dev.tonegate.tests;

import static dev.tonegate.tests.Tests.equal;
import static dev.tonegate.tests.Tests.that;

import dev.tonegate.FileStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Files in folders of their own. */
final class StoreTests {
    private StoreTests() {}

    public static void whatIsSavedIsLoaded() throws IOException {
        Path folder = folder();
        Path file = folder.resolve("license.bin");
        FileStore store = new FileStore(file);
        equal(0, store.load().length);
        store.save(new byte[] {1, 2, 3});
        store.save(new byte[] {4, 5});
        equal("0405", HexFormat.of().formatHex(new FileStore(file).load()));
        equal("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        try (Stream<Path> files = Files.list(folder)) {
            equal(List.of(file), files.toList());
        }
        remove(folder);
    }

    /** What a crash left is neither in the way, nor readable by others afterwards. */
    public static void aLeftoverIsReplaced() throws IOException {
        Path folder = folder();
        Path left = folder.resolve("license.bin.new");
        Files.writeString(left, "x".repeat(9_999));
        Files.setPosixFilePermissions(left, PosixFilePermissions.fromString("rw-rw-rw-"));
        Path file = folder.resolve("license.bin");
        new FileStore(file).save(new byte[] {7});
        equal("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        equal(1L, Files.size(file));
        remove(folder);
    }

    public static void aKilledProcessLeavesAWholeFile() throws Exception {
        Path folder = folder();
        Path file = folder.resolve("license.bin");
        Random random = new Random(3);
        for (int time = 0; time < 12; time++) {
            Process process = writer(file);
            try {
                equal((int) 's', process.getInputStream().read());
                Thread.sleep(random.nextInt(60));
            } finally {
                // SIGKILL on this platform.
                process.destroyForcibly().waitFor();
            }
            byte[] bytes = new FileStore(file).load();
            equal(2_080, bytes.length);
            for (byte one : bytes) {
                equal(bytes[0], one);
            }
        }
        remove(folder);
    }

    static Path folder() throws IOException {
        return Files.createTempDirectory("tonegate-test");
    }

    static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        that(!Files.exists(folder), "the test's folder is gone");
    }

    private static Process writer(Path file) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classes = System.getProperty("java.class.path");
        String name = StoreWriter.class.getName();
        return new ProcessBuilder(java, "-Xshare:auto", "-cp", classes, name, file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
