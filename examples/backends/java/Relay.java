// Fetches the licence from the relay. Your endpoint takes currentLicense() and what it needs.
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Scanner;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Relay {
    /** Times are those of `now()`. */
    record Held(String license, String etag, long goodUntil, long askAt, String why) {}

    static final Held NOTHING = new Held("", "\"none\"", 0, 0, "");
    static final HttpClient CLIENT = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    static final long START = System.nanoTime();
    static Held held = NOTHING;

    /** The licence for your apps. An IOException: there is none, and why. */
    static synchronized String currentLicense() throws IOException, InterruptedException {
        if (now() >= held.askAt) ask(now());
        if (now() < held.goodUntil) return held.license;
        throw new IOException(held.why);
    }

    static void ask(long began) throws InterruptedException {
        long wait = 10;
        try {
            String key = Files.readAllLines(Path.of(System.getenv("RELAY_KEY_FILE"))).get(0)
                .replaceAll("[^!-~]", "");
            URI url = URI.create(System.getenv("RELAY_URL") + "/v1/license");
            HttpRequest request = HttpRequest.newBuilder(url)
                .header("Authorization", "Bearer " + key).header("If-None-Match", held.etag).build();
            // The request's own timeout would end with the answer's head.
            HttpResponse<String> answer = CLIENT.sendAsync(request, BodyHandlers.ofString())
                .get(5, TimeUnit.SECONDS);
            int status = answer.statusCode();
            String body = answer.body();
            wait = seconds("^(\\d{1,3})$", answer, "Retry-After", wait);
            if (status == 401 || status == 403) held = NOTHING;
            if (status != 200 && status != 304) {
                String type = answer.headers().firstValue("Content-Type").orElse("");
                boolean problem = type.equals("application/problem+json");
                throw new IOException(status + " " + (problem ? text(body, "detail") : ""));
            }
            if (status == 200) {
                long goodUntil = began + number(body, "ExpireAt") - number(body, "ServerTime");
                String etag = answer.headers().firstValue("ETag").orElse(NOTHING.etag);
                held = new Held(text(body, "License"), etag, goodUntil, 0, "");
            }
            long askAt = began + seconds("max-age=(\\d+)", answer, "Cache-Control", 60);
            held = new Held(held.license, held.etag, held.goodUntil, askAt, "");
        } catch (IOException | ExecutionException | TimeoutException | RuntimeException error) {
            String why = reason(error instanceof ExecutionException ? error.getCause() : error);
            held = new Held(held.license, held.etag, held.goodUntil, began + wait, "relay: " + why);
            if (began < held.goodUntil) System.err.println(held.why + "; the last licence goes on");
        }
    }

    /** Java's own errors say more by their name than by their text, which may be none. */
    static String reason(Throwable error) {
        return error.getClass() == IOException.class ? error.getMessage() : error.toString();
    }

    static long now() {
        return (System.nanoTime() - START) / 1_000_000_000;
    }

    static long seconds(String pattern, HttpResponse<?> answer, String header, long otherwise) {
        String text = answer.headers().firstValue(header).orElse("");
        Matcher found = Pattern.compile(pattern).matcher(text);
        return found.find() ? Long.parseLong(found.group(1)) : otherwise;
    }

    // Java has no JSON parser. These two are enough for the relay's flat objects, whose texts have
    // no escapes of the form backslash-u; with a JSON library, use that.
    static String text(String json, String name) throws IOException {
        return value(json, name, "\"((?:[^\"\\\\]++|\\\\.)*+)\"").translateEscapes();
    }

    static long number(String json, String name) throws IOException {
        return Long.parseLong(value(json, name, "(\\d+)"));
    }

    static String value(String json, String name, String pattern) throws IOException {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*" + pattern).matcher(json);
        if (!found.find()) throw new IOException("no " + name + " in the answer");
        return found.group(1);
    }

    // The command line: prints the licence; with the argument `again`, once more for each line of stdin.
    public static void main(String[] arguments) throws InterruptedException {
        try {
            if (System.getenv("RELAY_URL") == null || System.getenv("RELAY_KEY_FILE") == null) {
                throw new IOException("set RELAY_URL and RELAY_KEY_FILE");
            }
            System.out.println(currentLicense());
            Scanner lines = new Scanner(System.in);
            while (arguments.length > 0 && arguments[0].equals("again") && lines.hasNextLine()) {
                lines.nextLine();
                System.out.println(currentLicense());
            }
        } catch (IOException error) {
            System.err.println(error.getMessage());
            System.exit(1);
        }
    }
}
