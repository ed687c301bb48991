// A reading of the two clocks that a verdict needs.

package dev.tonegate;

/**
 * A reading of a device's two clocks.
 *
 * @param wall the wall clock, Unix seconds; it may lie
 * @param elapsed a clock that nobody can set, seconds from any origin that stays the same while the
 *     process lives; not negative
 */
public record Time(long wall, long elapsed) {
    private static final long ORIGIN = System.nanoTime();

    /**
     * A reading; refuses a negative {@code elapsed}.
     *
     * @param wall the wall clock, Unix seconds
     * @param elapsed a clock that nobody can set, seconds
     */
    public Time {
        if (elapsed < 0) {
            throw new IllegalArgumentException("elapsed is not negative: count from the start");
        }
    }

    /**
     * The time now, by {@link System#currentTimeMillis} and {@link System#nanoTime}.
     *
     * @return both clocks, read now
     */
    public static Time now() {
        long elapsed = (System.nanoTime() - ORIGIN) / 1_000_000_000;
        return new Time(Math.floorDiv(System.currentTimeMillis(), 1_000L), Math.max(elapsed, 0));
    }
}
