// Hands on the relay's licence, the short way. Your endpoint takes handOn() and what it needs.
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class HandOn {
    // Follows no redirect: the key is for this host alone.
    static final HttpClient CLIENT = HttpClient.newHttpClient();
    // Java has no JSON parser; with a JSON library, use that.
    static final Pattern LICENSE = Pattern.compile("\"License\"\\s*:\\s*\"([^\"\\\\]+)\"");
    static volatile String last;

    /** The licence for your apps: the relay's; the last one while the relay is in trouble. */
    static String handOn() throws IOException, InterruptedException {
        String line = Files.readAllLines(Path.of(System.getenv("RELAY_KEY_FILE"))).get(0);
        HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("RELAY_URL") + "/v1/license"))
            .header("Authorization", "Bearer " + line.replaceAll("[^!-~]", "")).build();
        String why;
        try {
            HttpResponse<String> answer = CLIENT.sendAsync(request, BodyHandlers.ofString()).get(2, TimeUnit.SECONDS);
            int status = answer.statusCode();
            why = "status " + status;
            if (status != 200 && status < 500) throw new IOException(why);
            Matcher license = LICENSE.matcher(answer.body());
            if (status == 200 && license.find()) last = license.group(1);
        } catch (ExecutionException | TimeoutException silence) {
            why = silence.toString();
        }
        if (last == null) throw new IOException(why);
        return last;
    }

    // The command line: prints the licence; with the argument `again`, once more for each line of stdin.
    public static void main(String[] arguments) throws InterruptedException {
        try {
            if (System.getenv("RELAY_URL") == null || System.getenv("RELAY_KEY_FILE") == null) {
                System.err.println("set RELAY_URL and RELAY_KEY_FILE");
                System.exit(1);
            }
            System.out.println(handOn());
            Scanner lines = new Scanner(System.in);
            while (arguments.length > 0 && arguments[0].equals("again") && lines.hasNextLine()) {
                lines.nextLine();
                System.out.println(handOn());
            }
        } catch (IOException | RuntimeException error) {
            // Java's own errors say more by their name than by their text, which may be none.
            System.err.println("relay: " + (error.getClass() == IOException.class ? error.getMessage() : error));
            System.exit(1);
        }
    }
}
