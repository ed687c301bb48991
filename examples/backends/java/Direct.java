// Fetches a licence from the issuer itself, with Signature 2.0.
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Direct {
    static String fetchLicense() throws Exception {
        String appId = System.getenv("APP_ID");
        String secret = Files.readString(Path.of(System.getenv("SERVER_SECRET_FILE"))).strip();
        String nonce = String.format("%016x", new SecureRandom().nextLong());
        long timestamp = System.currentTimeMillis() / 1000;
        byte[] text = (appId + nonce + secret + timestamp).getBytes(StandardCharsets.UTF_8);
        byte[] md5 = MessageDigest.getInstance("MD5").digest(text);
        String url = System.getenv("ISSUER_URL") + "/?Action=CgiDescribeZIMAudioLicense&AppId=" + appId
            + "&SignatureNonce=" + nonce + "&Timestamp=" + timestamp + "&SignatureVersion=2.0"
            + "&Signature=" + String.format("%032x", new BigInteger(1, md5));
        HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        String body = client.sendAsync(request, BodyHandlers.ofString()).get(5, TimeUnit.SECONDS).body();
        String code = value(body, "Code", "(-?\\d+)");
        if (!code.equals("0")) throw new IOException(code + ": " + value(body, "Message", "\"([^\"]*)\""));
        return value(body, "License", "\"((?:[^\"\\\\]++|\\\\/)+)\"").replace("\\/", "/");
    }

    // Java has no JSON parser. This is enough for the API's answer, whose licence has no escapes but
    // perhaps of slashes; with a JSON library, use that.
    static String value(String json, String name, String pattern) throws IOException {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*" + pattern).matcher(json);
        if (!found.find()) throw new IOException("the answer has no " + name);
        return found.group(1);
    }

    public static void main(String[] arguments) {
        try {
            for (String name : new String[] {"ISSUER_URL", "APP_ID", "SERVER_SECRET_FILE"}) {
                if (System.getenv(name) == null) throw new IOException("set " + name);
            }
            System.out.println(fetchLicense());
        } catch (Exception error) {
            // Java's own say more by their name than by their text, which may be none.
            Throwable why = error instanceof ExecutionException ? error.getCause() : error;
            boolean ours = why.getClass() == IOException.class;
            System.err.println("issuer: " + (ours ? why.getMessage() : why));
            System.exit(1);
        }
    }
}
