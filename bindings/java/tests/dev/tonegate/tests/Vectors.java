// Walks every case of vectors/ through the public classes, and writes what was found.

package dev.tonegate.tests;

import dev.tonegate.FeatureVerdict;
import dev.tonegate.Gate;
import dev.tonegate.Identity;
import dev.tonegate.Options;
import dev.tonegate.Outlook;
import dev.tonegate.Renewal;
import dev.tonegate.Time;
import dev.tonegate.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The vectors' runner; its argument is the file to write. */
final class Vectors {
    private Vectors() {}

    public static void main(String[] arguments) throws IOException {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("cases", each("cases", Vectors::walk));
        found.put("pins_texts", each("pins_texts", Vectors::isSound));
        found.put("states", each("states", Vectors::isRead));
        found.put("identities", each("identities", Vectors::identity));
        Files.writeString(Path.of(arguments[0]), Json.write(found) + "\n");
    }

    private interface Look {
        Object at(Map<String, Object> one);
    }

    private static List<Object> each(String member, Look look) {
        List<Object> found = new ArrayList<>();
        for (Object one : Json.list(Cases.ALL.get(member))) {
            found.add(look.at(Json.object(one)));
        }
        return found;
    }

    private static Object walk(Map<String, Object> one) {
        Options options = options(Json.object(one.get("expect")));
        Gate gate = new Gate(options, Cases.bytes(one.get("state_hex")));
        List<Object> steps = new ArrayList<>();
        for (Object step : Json.list(one.get("steps"))) {
            if (Json.object(step).get("do").equals("restart")) {
                byte[] state = gate.state();
                gate.close();
                gate = new Gate(options, state);
                steps.add(null);
            } else {
                steps.add(step(gate, Json.object(step)));
            }
        }
        gate.close();
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("number", one.get("number"));
        found.put("steps", steps);
        return found;
    }

    private static Options options(Map<String, Object> expect) {
        Options.Builder builder = Options.builder().pins(Cases.PINS);
        builder.issuer((String) expect.get("issuer"));
        builder.environment((String) expect.get("environment"));
        builder.identity((String) expect.get("identity"));
        if (expect.get("app_id") != null) {
            builder.appId((Long) expect.get("app_id"));
        }
        return builder.build();
    }

    private static Map<String, Object> step(Gate gate, Map<String, Object> step) {
        Map<String, Object> found = new LinkedHashMap<>();
        String feature = (String) step.get("feature");
        String license = (String) step.get("license");
        switch ((String) step.get("do")) {
            case "load" -> loaded(gate.load(license, time(step)), found);
            case "check" -> checked(gate.check(feature, time(step)), found);
            case "renew" -> {
                Renewal renewal = gate.renew(license, time(step));
                loaded(renewal.verdict(), found);
                found.put("in_force", renewal.inForce());
            }
            case "outlook" -> {
                Outlook outlook = gate.outlook(feature);
                found.put("on_expiry", outlook == null ? null : outlook.onExpiry());
                found.put("runs_until", outlook == null ? null : outlook.runsUntil());
                return found;
            }
            default -> throw new AssertionError("a step is not " + step.get("do"));
        }
        found.put("state_hex", HexFormat.of().formatHex(gate.state()));
        return found;
    }

    private static Time time(Map<String, Object> step) {
        return new Time((Long) step.get("wall"), (Long) step.get("elapsed"));
    }

    private static void loaded(Verdict verdict, Map<String, Object> found) {
        found.put("state", verdict.state());
        found.put("reason", verdict.reason());
        found.put("sdk_code", verdict.sdkCode());
        found.put("now", verdict.now());
        found.put("valid_from", verdict.validFrom());
        found.put("valid_until", verdict.validUntil());
        found.put("refresh_after", verdict.refreshAfter());
    }

    private static void checked(FeatureVerdict verdict, Map<String, Object> found) {
        found.put("answer", verdict.answer());
        found.put("reason", verdict.reason());
        found.put("sdk_code", verdict.sdkCode());
        found.put("seconds_left", verdict.secondsLeft());
    }

    private static Object isSound(Map<String, Object> one) {
        try {
            Options.builder().pins((String) one.get("text")).issuer("tonegate-test").build();
            return true;
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }

    /** A gate keeps a state that it can read, and begins with a new one otherwise. */
    private static Object isRead(Map<String, Object> one) {
        byte[] state = Cases.bytes(one.get("hex"));
        try (Gate gate = new Gate(Cases.options(), state)) {
            return Arrays.equals(gate.state(), state);
        }
    }

    private static Object identity(Map<String, Object> one) {
        switch ((String) one.get("platform")) {
            case "android":
                byte[] digest = Cases.bytes(one.get("certificate_sha256"));
                return Identity.android((String) one.get("package"), digest);
            case "ios":
                return Identity.ios((String) one.get("bundle_id"));
            default:
                return Identity.web((String) one.get("origin"));
        }
    }
}
