// What an app sees of verify, explain, Gate and Options.

package dev.tonegate.tests;

import static dev.tonegate.tests.Tests.equal;
import static dev.tonegate.tests.Tests.that;
import static dev.tonegate.tests.Tests.throwsA;

import dev.tonegate.Gate;
import dev.tonegate.Identity;
import dev.tonegate.Options;
import dev.tonegate.Outlook;
import dev.tonegate.Renewal;
import dev.tonegate.Time;
import dev.tonegate.Tonegate;
import dev.tonegate.Verdict;
import dev.tonegate.Verified;
import java.util.Map;

/** Licences as they should be, and apps that are not. */
final class GateTests {
    private GateTests() {}

    public static void aGoodLicenseRuns() {
        try (Gate gate = new Gate(Cases.options(), null)) {
            equal("empty", gate.check("ans").reason());
            Verdict verdict = gate.load(Cases.LICENSE, Cases.after(60));
            that(verdict.isValid(), verdict.toString());
            equal("valid", verdict.state());
            equal(null, verdict.reason());
            equal(0, verdict.sdkCode());
            equal(Cases.LIFE - 60, verdict.secondsLeft());
            equal("run", gate.check("ans", Cases.after(61)).answer());
            equal("feature_missing", gate.check("ans-ai", Cases.after(61)).reason());
            equal(83, gate.check("ans-ai", Cases.after(61)).sdkCode());
            equal(verdict.validUntil(), gate.verdict(Cases.after(62)).validUntil());
        }
    }

    public static void graceRunsOutPerDevice() {
        byte[] slowest = new byte[32];
        try (Gate gate = new Gate(Cases.options(), slowest)) {
            gate.load(Cases.GRACE, Cases.after(60));
            Outlook outlook = gate.outlook("ans");
            equal("grace:10", outlook.onExpiry());
            long end = outlook.runsUntil() - Cases.MADE;
            that(end >= Cases.LIFE + 18_000 && end <= Cases.LIFE + 36_000, "at " + end);
            equal("grace", gate.check("ans", Cases.after(end - 1)).answer());
            equal(1L, gate.check("ans", Cases.after(end - 1)).secondsLeft());
            that(gate.check("ans", Cases.after(end - 1)).runs(), "a grace runs");
            equal("bypass", gate.check("ans", Cases.after(end)).answer());
            equal(82, gate.check("ans", Cases.after(end)).sdkCode());
            equal(null, gate.outlook("aec"));
        }
    }

    public static void aRenewalTakesNothingAway() {
        try (Gate gate = new Gate(Cases.options(), null)) {
            gate.load(Cases.NEWER, Cases.after(3_660));
            Renewal older = gate.renew(Cases.LICENSE, Cases.after(3_661));
            that(!older.inForce() && older.verdict().isValid(), older.toString());
            Renewal nonsense = gate.renew("nonsense", Cases.after(3_662));
            that(!nonsense.inForce(), nonsense.toString());
            equal("not_a_license", nonsense.verdict().reason());
            equal("run", gate.check("ans", Cases.after(3_663)).answer());
            that(gate.renew(Cases.NEWER, Cases.after(3_664)).inForce(), "the same again");
        }
    }

    public static void stateOutlivesTheProcess() {
        Verified first = Tonegate.verify(Cases.LICENSE, Cases.options(), null, Cases.after(60));
        Time late = Cases.after(Cases.LIFE + 1);
        Verified late1 = Tonegate.verify(Cases.LICENSE, Cases.options(), first.state(), late);
        equal("expired", late1.verdict().state());
        // The clock is set back, and what the device kept says no.
        Time back = Cases.after(60);
        Verified again = Tonegate.verify(Cases.LICENSE, Cases.options(), late1.state(), back);
        equal("expired", again.verdict().state());
        equal(82, again.verdict().sdkCode());
        equal(32, again.state().length);
    }

    public static void todaysClockIsTheDefault() {
        Verified today = Tonegate.verify(Cases.LICENSE, Cases.options(), null);
        equal("expired", today.verdict().state());
        long seconds = System.currentTimeMillis() / 1_000;
        that(Math.abs(today.verdict().now() - seconds) <= 2, today.toString());
    }

    public static void anExplanationIsJson() {
        String json = Tonegate.explain(Cases.GRACE, Cases.options(), null, Cases.after(60));
        Map<String, Object> explained = Json.object(Json.read(json));
        equal("valid", explained.get("state"));
        equal(true, explained.get("authentic"));
        Map<String, Object> ans = Json.object(Json.list(explained.get("features")).get(1));
        equal("grace:10", ans.get("on_expiry"));
        equal("run", ans.get("answer"));
    }

    public static void misconfigurationIsSaidAtOnce() {
        refused("pins", Options.builder().issuer("tonegate"));
        refused("pins", Options.builder().issuer("tonegate").pins("x,y"));
        refused("issuer", Options.builder().pins(Cases.PINS));
        refused("issuer", Options.builder().pins(Cases.PINS).issuer("not an issuer"));
        refused("environment", whole().environment("staging"));
        refused("environment", whole().environment(null));
        refused("AppId", whole().appId(-1));
        refused("AppId", whole().appId(4_294_967_296L));
        refused("identity", whole().identity("com.example.karaoke"));
        refused("issuer", Options.builder().pins(Cases.PINS).issuer("a".repeat(100_000_000)));
        whole().appId(4_294_967_295L).identity(Identity.ios("com.example.karaoke")).build();
        throwsA(IllegalArgumentException.class, () -> Identity.android("a.b", new byte[31]));
        throwsA(IllegalArgumentException.class, () -> Identity.android("a.b", null));
        throwsA(IllegalArgumentException.class, () -> new Time(0, -1));
        throwsA(NullPointerException.class, () -> new Gate(null, null));
    }

    public static void aClosedGateSaysSo() {
        Gate gate = new Gate(Cases.options(), null);
        gate.close();
        gate.close();
        throwsA(IllegalStateException.class, () -> gate.load(Cases.LICENSE));
        throwsA(IllegalStateException.class, () -> gate.renew(Cases.LICENSE));
        throwsA(IllegalStateException.class, gate::verdict);
        throwsA(IllegalStateException.class, () -> gate.check("ans"));
        throwsA(IllegalStateException.class, () -> gate.outlook("ans"));
        throwsA(IllegalStateException.class, gate::state);
    }

    public static void theVersionIsANumber() {
        that(Tonegate.version().matches("\\d+\\.\\d+\\.\\d+"), Tonegate.version());
    }

    private static Options.Builder whole() {
        return Options.builder().pins(Cases.PINS).issuer("tonegate");
    }

    private static void refused(String field, Options.Builder builder) {
        Throwable error = throwsA(IllegalArgumentException.class, builder::build);
        that(error.getMessage().startsWith(field) || error.getMessage().startsWith("the " + field),
                error.getMessage());
    }
}
