// vectors/cases.json, found by the system property `vectors`.

package dev.tonegate.tests;

import dev.tonegate.Options;
import dev.tonegate.Time;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The numbered cases that every verifier agrees with, and licences out of them. */
final class Cases {
    static final Map<String, Object> ALL = read();
    static final String PINS = (String) ALL.get("pins");

    /** A good licence: made at {@link #MADE}, for 608,400 s, with the features agc and ans. */
    static final String LICENSE = license("renew-newer", 0);

    /** The same, made an hour later. */
    static final String NEWER = license("renew-newer", 1);

    /** As {@link #LICENSE}, with a grace of ten hours for ans. */
    static final String GRACE = license("grace-begins", 0);

    static final long MADE = 1_763_843_493;
    static final long LIFE = 608_400;

    private Cases() {}

    static Options options() {
        return Options.builder().pins(PINS).issuer("tonegate-test").appId(12345).build();
    }

    /** A moment so many seconds after {@link #MADE}. */
    static Time after(long seconds) {
        return new Time(MADE + seconds, Math.max(seconds, 0));
    }

    static byte[] bytes(Object hex) {
        return HexFormat.of().parseHex((String) hex);
    }

    private static String license(String name, int step) {
        for (Object item : Json.list(ALL.get("cases"))) {
            Map<String, Object> one = Json.object(item);
            if (one.get("name").equals(name)) {
                List<Object> steps = Json.list(one.get("steps"));
                return (String) Json.object(steps.get(step)).get("license");
            }
        }
        throw new AssertionError("no case is called " + name);
    }

    private static Map<String, Object> read() {
        Path vectors = Path.of(System.getProperty("vectors"));
        try {
            return Json.object(Json.read(Files.readString(vectors.resolve("cases.json"))));
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
    }
}
