// A fault of ours becomes an exception. Run by itself, on a library that can be told to have one.

package dev.tonegate.tests;

import static dev.tonegate.tests.Tests.equal;
import static dev.tonegate.tests.Tests.that;
import static dev.tonegate.tests.Tests.throwsA;

import dev.tonegate.Tonegate;

/** Needs a library with debug assertions on java.library.path, and a jar's classes without one. */
final class PanicTests {
    private PanicTests() {}

    public static void aPanicIsAnException() {
        Tonegate.version();
        // Again, because a native method is looked up in the libraries that its own loader loaded.
        System.load(System.getProperty("library"));
        for (int time = 0; time < 3; time++) {
            Throwable error = throwsA(RuntimeException.class, Panic::panic);
            that(error.getMessage().contains("fault"), error.getMessage());
        }
        String reason = Tonegate.verify("", Cases.options(), null).verdict().reason();
        equal("empty", reason);
    }
}
