// Loads the native library: on Android from the app (jniLibs/), elsewhere from this jar, and where
// the jar has none for the platform, or must not unpack it, from java.library.path.
//
// The unpacked copy lies in a folder of its own that only its user can enter, and is deleted as soon
// as it is loaded, where the system lets go of a file in use.

package dev.tonegate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Finds and loads the native library, once. */
final class Library {
    private static final String NAME = "tonegate_java";

    private Library() {}

    static void load() {
        if (isAndroid()) {
            System.loadLibrary(NAME);
            return;
        }
        try {
            unpackAndLoad();
        } catch (IOException | UnsatisfiedLinkError first) {
            try {
                System.loadLibrary(NAME);
            } catch (UnsatisfiedLinkError second) {
                throw unavailable(first, second);
            }
        }
    }

    /** The folder of this platform in the jar, such as {@code linux-x86_64}. */
    static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String family =
                system.startsWith("mac") ? "macos"
                        : system.startsWith("windows") ? "windows" : system.replace(' ', '_');
        return family + "-" + (machine.equals("amd64") ? "x86_64" : machine);
    }

    private static boolean isAndroid() {
        return "Dalvik".equals(System.getProperty("java.vm.name"));
    }

    private static void unpackAndLoad() throws IOException {
        String file = System.mapLibraryName(NAME);
        try (InputStream packed =
                Library.class.getResourceAsStream("/natives/" + platform() + "/" + file)) {
            if (packed == null) {
                throw new IOException("this jar has no library for " + platform());
            }
            Path folder = Files.createTempDirectory("tonegate");
            Path library = folder.resolve(file);
            try {
                Files.copy(packed, library);
                System.load(library.toString());
            } finally {
                delete(library);
                delete(folder);
            }
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException inUse) {
            path.toFile().deleteOnExit();
        }
    }

    private static UnsatisfiedLinkError unavailable(Throwable first, Throwable second) {
        UnsatisfiedLinkError error =
                new UnsatisfiedLinkError(
                        "the native library of Tonegate cannot be loaded: " + first.getMessage()
                                + "; and from java.library.path: " + second.getMessage()
                                + ". Put " + System.mapLibraryName(NAME)
                                + " where java.library.path says, or let java.io.tmpdir name a"
                                + " folder that programs may be loaded from.");
        error.initCause(first);
        return error;
    }
}
