// What a verification and a check cost; prints a name and a number on each line.

package dev.tonegate.tests;

import dev.tonegate.Gate;
import dev.tonegate.Options;
import dev.tonegate.Time;
import dev.tonegate.Tonegate;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;

/** The median of rounds after the JVM has warmed up, in processor time: other programs do not count. */
final class Bench {
    private static final int ROUNDS = 31;
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private Bench() {}

    public static void main(String[] arguments) {
        Options options = Cases.options();
        Time time = Cases.after(60);
        measure("verify", 400, () -> Tonegate.verify(Cases.LICENSE, options, null, time));
        try (Gate gate = new Gate(options, null)) {
            gate.load(Cases.LICENSE, time);
            measure("check", 200_000, () -> gate.check("ans", time));
            measure("check_now", 200_000, () -> gate.check("ans"));
        }
    }

    private static void measure(String name, int times, Runnable action) {
        double[] nanos = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long begun = CLOCK.getCurrentThreadCpuTime();
            for (int time = 0; time < times; time++) {
                action.run();
            }
            nanos[round] = (CLOCK.getCurrentThreadCpuTime() - begun) / (double) times;
        }
        // The first third of the rounds is warming up.
        double[] warm = Arrays.copyOfRange(nanos, ROUNDS / 3, ROUNDS);
        Arrays.sort(warm);
        System.out.println(name + " " + warm[warm.length / 2]);
    }
}
