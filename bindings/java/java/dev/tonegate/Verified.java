// What verifying comes to: the verdict, and what the device should keep.

package dev.tonegate;

/**
 * What verifying comes to.
 *
 * @param verdict what is true of the licence
 * @param state the bytes to store, in place of those before
 */
public record Verified(Verdict verdict, byte[] state) {}
