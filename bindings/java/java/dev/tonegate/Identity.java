// Which app this is, as far as a licence can be tied to it.

package dev.tonegate;

/** Computes app identities, for {@link Options.Builder#identity} and {@code --bind}. */
public final class Identity {
    private Identity() {}

    /**
     * An Android app's.
     *
     * @param packageName its package name
     * @param certificateSha256 the SHA-256 digest of its signing certificate, 32 bytes
     * @return the identity, 22 characters
     */
    public static String android(String packageName, byte[] certificateSha256) {
        return Native.identity("android", packageName, certificateSha256);
    }

    /**
     * An iOS, iPadOS or macOS app's.
     *
     * @param bundleId its bundle id
     * @return the identity, 22 characters
     */
    public static String ios(String bundleId) {
        return Native.identity("ios", bundleId, null);
    }

    /**
     * A web page's.
     *
     * @param origin its origin as browsers write it, such as {@code https://app.example.com}
     * @return the identity, 22 characters
     */
    public static String web(String origin) {
        return Native.identity("web", origin, null);
    }
}
