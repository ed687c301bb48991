// Runs every public static method of the test classes; one behaviour a method, named by it.
//
// Debian has JUnit and the JDK does not; this much of it is all that is needed. With names as
// arguments, only classes of those names; without, all but PanicTests.

package dev.tonegate.tests;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;

/** The test runner, and what tests assert with. */
final class Tests {
    private static final List<Class<?>> CLASSES =
            List.of(
                    GateTests.class,
                    HostileTests.class,
                    ThreadTests.class,
                    RelayTests.class,
                    StoreTests.class,
                    SessionTests.class,
                    PanicTests.class);

    private Tests() {}

    /** Something that may throw anything. */
    interface Action {
        void run() throws Throwable;
    }

    public static void main(String[] names) throws IllegalAccessException {
        int run = 0;
        int failed = 0;
        for (Class<?> tests : CLASSES) {
            boolean named = List.of(names).contains(tests.getSimpleName());
            if (!named && (names.length > 0 || tests == PanicTests.class)) {
                continue;
            }
            Method[] methods = tests.getDeclaredMethods();
            Arrays.sort(methods, (a, b) -> a.getName().compareTo(b.getName()));
            for (Method test : methods) {
                if (Modifier.isPublic(test.getModifiers())) {
                    run++;
                    failed += passes(test) ? 0 : 1;
                }
            }
        }
        System.out.println(run + " tests, " + failed + " failed");
        System.exit(run > 0 && failed == 0 ? 0 : 1);
    }

    static void equal(Object expected, Object found) {
        that(java.util.Objects.equals(expected, found), found + " instead of " + expected);
    }

    static void that(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    /** Expects exactly this kind of exception, and returns it. */
    static Throwable throwsA(Class<? extends Throwable> kind, Action action) {
        try {
            action.run();
        } catch (Throwable thrown) {
            that(thrown.getClass() == kind, thrown + " instead of a " + kind.getName());
            return thrown;
        }
        throw new AssertionError("nothing was thrown, instead of a " + kind.getName());
    }

    private static boolean passes(Method test) throws IllegalAccessException {
        String name = test.getDeclaringClass().getSimpleName() + "." + test.getName();
        long begun = System.nanoTime();
        try {
            test.invoke(null);
        } catch (InvocationTargetException failed) {
            System.out.println("FAILED " + name);
            failed.getCause().printStackTrace(System.out);
            return false;
        }
        System.out.printf("ok %s (%d ms)%n", name, (System.nanoTime() - begun) / 1_000_000);
        return true;
    }
}
