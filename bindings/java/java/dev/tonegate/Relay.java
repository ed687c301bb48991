// Fetches from a Tonegate relay: GET /v1/license.
//
// By HttpURLConnection, which the JDK and Android both have (Android has no java.net.http). The
// answer is proven by verification alone; nothing here has to be believed.

package dev.tonegate;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fetches licences from a Tonegate relay. */
public final class Relay implements Fetch {
    private static final String PATH = "/v1/license";
    private static final int CONNECT_MILLIS = 10_000;
    private static final int READ_MILLIS = 20_000;
    private static final int WATCH_MILLIS = 1_000;
    private static final int ANSWER_BYTES_MAX = 65_536;

    /** A licence has no character that JSON escapes, and a wrong find would not verify. */
    private static final Pattern LICENSE =
            Pattern.compile("\"License\"\\s*+:\\s*+\"([A-Za-z0-9_.-]{1,2048})\"");

    private static final Pattern CODE = Pattern.compile("\"code\"\\s*+:\\s*+\"([a-z0-9_]{1,64})\"");

    private final URL url;
    private final Supplier<String> credential;

    /**
     * A relay.
     *
     * @param url such as {@code https://relay.example.com}; with a path, that is asked instead of
     *     {@code /v1/license}
     * @param credential an API key, or a JWT that outlives the app, sent as {@code Authorization:
     *     Bearer}
     */
    public Relay(String url, String credential) {
        this(url, () -> credential);
        bearer(credential);
    }

    /**
     * A relay, for credentials that end.
     *
     * @param url as above
     * @param credential brings an API key or a JWT; called at each fetch, on the fetch's thread
     */
    public Relay(String url, Supplier<String> credential) {
        this.url = license(url);
        this.credential = Objects.requireNonNull(credential);
    }

    @Override
    public String fetch() throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        Thread watch = watch(connection);
        try {
            connection.setConnectTimeout(CONNECT_MILLIS);
            connection.setReadTimeout(READ_MILLIS);
            connection.setUseCaches(false);
            // Another host must not get the credential.
            connection.setInstanceFollowRedirects(false);
            connection.setRequestProperty("Authorization", bearer(credential.get()));
            connection.setRequestProperty("Accept", "application/json");
            return answer(connection);
        } catch (SocketTimeoutException late) {
            throw new FetchException(url + " does not answer in time", 0, late);
        } finally {
            watch.interrupt();
            connection.disconnect();
        }
    }

    /** Cuts the connection when this thread is interrupted: the read of a header heeds no interrupt. */
    private static Thread watch(HttpURLConnection connection) {
        Thread fetching = Thread.currentThread();
        Runnable work =
                () -> {
                    try {
                        while (!fetching.isInterrupted()) {
                            Thread.sleep(WATCH_MILLIS);
                        }
                        connection.disconnect();
                    } catch (InterruptedException ended) {
                        // The fetch ended by itself.
                    }
                };
        Thread watch = new Thread(work, "tonegate-fetch-watch");
        watch.setDaemon(true);
        watch.start();
        return watch;
    }

    /** Checked here, because Java's own complaint would show it. */
    private static String bearer(String credential) {
        if (credential == null || !credential.matches("[!-~]{1,8192}")) {
            throw new IllegalArgumentException(
                    "the credential has a character that no API key or JWT has");
        }
        return "Bearer " + credential;
    }

    private String answer(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status != HttpURLConnection.HTTP_OK) {
            String code = first(CODE, text(connection.getErrorStream()));
            String why = status + (code == null ? "" : " (" + code + ")");
            throw new FetchException(url + " answered " + why, retryAfter(connection), null);
        }
        String license = first(LICENSE, text(connection.getInputStream()));
        if (license == null) {
            throw new FetchException(url + " answered 200 without a licence", 0, null);
        }
        return license;
    }

    /** {@code Retry-After} in seconds or as a date; 0 where there is none. */
    private static long retryAfter(HttpURLConnection connection) {
        String header = connection.getHeaderField("Retry-After");
        if (header == null) {
            return 0;
        }
        if (header.matches("[0-9]{1,9}")) {
            return Long.parseLong(header);
        }
        long now = connection.getHeaderFieldDate("Date", System.currentTimeMillis());
        long until = connection.getHeaderFieldDate("Retry-After", now) - now;
        return Math.max(until / 1_000, 0);
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : null;
    }

    private static String text(InputStream stream) throws IOException {
        if (stream == null) {
            return "";
        }
        try (stream) {
            return new String(Bounded.read(new GivenUp(stream), ANSWER_BYTES_MAX), UTF_8);
        }
    }

    private static URL license(String url) {
        try {
            URI base = new URI(url);
            String scheme = base.getScheme();
            boolean known = "https".equalsIgnoreCase(scheme) || "http".equalsIgnoreCase(scheme);
            if (!known || base.getHost() == null || base.getUserInfo() != null) {
                throw new IllegalArgumentException(
                        "a relay's URL is https://host, with nothing secret in it");
            }
            String path = base.getPath();
            boolean bare = path == null || path.isEmpty() || path.equals("/");
            return (bare ? base.resolve(PATH) : base).toURL();
        } catch (URISyntaxException | MalformedURLException wrong) {
            throw new IllegalArgumentException("that is no URL of a relay", wrong);
        }
    }

    /** A socket's read heeds no interrupt: a server that drips would keep its thread for days. */
    private static final class GivenUp extends FilterInputStream {
        GivenUp(InputStream answer) {
            super(answer);
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            int read = super.read(into, from, length);
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("the fetch was given up");
            }
            return read;
        }
    }
}
