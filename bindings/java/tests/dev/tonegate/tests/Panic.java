// A native method that panics, in libraries that do not ship.

package dev.tonegate.tests;

/** See bindings/java/src/lib.rs. */
final class Panic {
    private Panic() {}

    static native void panic();
}
