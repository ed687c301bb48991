// The native library's functions, as bindings/java/src/registration.rs names them.
//
// Nothing else declares a native method. `owner` is the object that a handle belongs to: passing it
// keeps it reachable while native code works on its memory. Callers lock around each handle.

package dev.tonegate;

/** The border to the native library. */
final class Native {
    static {
        Library.load();
    }

    private Native() {}

    static native String version();

    static native String reasons();

    static native void examine(String[] app);

    static native String identity(String platform, String name, byte[] certificateSha256);

    static native String explain(String[] app, String license, byte[] state, long wall);

    static native long gateCreate(String[] app, byte[] state, int spread);

    static native void gateRelease(long gate);

    static native String gateLoad(Object owner, long gate, String license, long wall, long elapsed);

    static native String gateRenew(Object owner, long gate, String license, long wall, long elapsed);

    static native String gateVerdict(Object owner, long gate, long wall, long elapsed);

    static native long gateCheck(Object owner, long gate, String feature, long wall, long elapsed);

    static native String gateOutlook(Object owner, long gate, String feature);

    static native byte[] gateState(Object owner, long gate);

    static native long sessionBegin(
            String[] app, byte[] stored, long drawn, long wall, long elapsed);

    static native void sessionRelease(long session);

    static native long sessionTurn(Object owner, long session, long wall, long elapsed);

    static native String sessionFetched(
            Object owner, long session, String license, long wall, long elapsed);

    static native void sessionFailed(
            Object owner, long session, long retryAfter, long wall, long elapsed);

    static native void sessionHasten(Object owner, long session);

    static native long sessionCheck(
            Object owner, long session, String feature, long wall, long elapsed);

    static native String sessionVerdict(Object owner, long session, long wall, long elapsed);

    static native String sessionOutlook(Object owner, long session, String feature);

    static native String sessionLicense(Object owner, long session);

    static native byte[] sessionSave(Object owner, long session, boolean again);
}
