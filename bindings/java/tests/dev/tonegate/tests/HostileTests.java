// What hostile input comes to: a verdict, always, and soon.

package dev.tonegate.tests;

import static dev.tonegate.tests.Tests.equal;
import static dev.tonegate.tests.Tests.that;

import dev.tonegate.Gate;
import dev.tonegate.Time;
import dev.tonegate.Tonegate;
import dev.tonegate.Verdict;
import java.util.Arrays;
import java.util.Random;

/** Texts, states and features that nobody means well with. */
final class HostileTests {
    private HostileTests() {}

    public static void noTextIsALicense() {
        equal("empty", reason(null));
        equal("empty", reason(""));
        equal("not_a_license", reason("\0"));
        equal("not_a_license", reason("\ud800"));
        equal("not_a_license", reason("\udc00\ud800.\ud800.x"));
        equal("not_a_license", reason("😀.😀.😀"));
        equal("not_a_license", reason(Cases.LICENSE + "\ud83d"));
        equal("not_a_license", reason(Cases.LICENSE + "\0"));
        equal("not_a_license", reason(".".repeat(2_048)));
        equal("too_long", reason(".".repeat(2_049)));
        // Characters beyond ASCII count as UTF-8 does, as everywhere.
        equal("not_a_license", reason("ä".repeat(1_024)));
        equal("too_long", reason("ä".repeat(1_025)));
        equal("too_long", reason("😀".repeat(513)));
        equal("too_long", reason("漢".repeat(2_048)));
    }

    public static void aHugeTextIsRefusedByItsLength() {
        String huge = "a".repeat(100_000_000);
        String wide = "漢".repeat(50_000_000);
        try (Gate gate = new Gate(Cases.options(), null)) {
            gate.load(Cases.LICENSE, Cases.after(60));
            // Ten thousand times 100 MB copied would take minutes.
            long begun = System.nanoTime();
            for (int time = 0; time < 10_000; time++) {
                equal("too_long", gate.renew(huge, Cases.after(60)).verdict().reason());
                equal("feature_missing", gate.check(wide, Cases.after(60)).reason());
            }
            long seconds = (System.nanoTime() - begun) / 1_000_000_000;
            that(seconds < 20, "it took " + seconds + " s");
        }
        that(Tonegate.explain(wide, Cases.options(), null).contains("too_long"), "explained");
    }

    public static void noBitMayTurn() {
        try (Gate gate = new Gate(Cases.options(), null)) {
            Random random = new Random(7);
            for (int time = 0; time < 2_000; time++) {
                char[] text = Cases.LICENSE.toCharArray();
                int place = random.nextInt(text.length);
                text[place] ^= (char) (1 << random.nextInt(16));
                Verdict verdict = gate.load(new String(text), Cases.after(60));
                equal("refused", verdict.state());
                equal(81, verdict.sdkCode());
            }
        }
    }

    public static void anyTextIsExplained() {
        Random random = new Random(11);
        for (int time = 0; time < 2_000; time++) {
            char[] text = new char[random.nextInt(300)];
            for (int place = 0; place < text.length; place++) {
                text[place] = (char) random.nextInt(65_536);
            }
            String json = Tonegate.explain(new String(text), Cases.options(), null);
            equal(false, Json.object(Json.read(json)).get("authentic"));
        }
    }

    public static void aDamagedStateIsANewDevice() {
        for (int length : new int[] {0, 1, 31, 32, 33, 1_000_000}) {
            byte[] damaged = new byte[length];
            Arrays.fill(damaged, (byte) 0xff);
            try (Gate gate = new Gate(Cases.options(), damaged)) {
                that(gate.load(Cases.LICENSE, Cases.after(60)).isValid(), length + " bytes");
            }
        }
    }

    public static void noNameIsAFeature() {
        try (Gate gate = new Gate(Cases.options(), null)) {
            gate.load(Cases.LICENSE, Cases.after(60));
            String[] names = {null, "", "ANS", "ans ", "ans\0", "\ud800", "ä", "a".repeat(17)};
            for (String name : names) {
                equal("feature_missing", gate.check(name, Cases.after(61)).reason());
                equal(null, gate.outlook(name));
            }
        }
    }

    public static void timesOfAllKindsAreTaken() {
        long[] walls = {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE};
        for (long wall : walls) {
            try (Gate gate = new Gate(Cases.options(), null)) {
                gate.load(Cases.LICENSE, new Time(wall, Long.MAX_VALUE));
                gate.check("ans", new Time(wall, 0));
            }
        }
    }

    private static String reason(String text) {
        return Tonegate.verify(text, Cases.options(), null, Cases.after(60)).verdict().reason();
    }
}
