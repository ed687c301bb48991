// Java's own HttpClient; run as a single source file.
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;

public class Client {
    public static void main(String[] args) throws Exception {
        String appId = System.getenv("APP_ID"), secret = System.getenv("SERVER_SECRET");
        String nonce = String.format("%016x", new SecureRandom().nextLong());
        long timestamp = System.currentTimeMillis() / 1000;
        byte[] text = (appId + nonce + secret + timestamp).getBytes(StandardCharsets.UTF_8);
        byte[] md5 = MessageDigest.getInstance("MD5").digest(text);
        String signature = String.format("%032x", new BigInteger(1, md5));
        String url = "https://zim-api.zego.im/?Action=CgiDescribeZIMAudioLicense&AppId=" + appId
            + "&SignatureNonce=" + nonce + "&Timestamp=" + timestamp
            + "&SignatureVersion=2.0&Signature=" + signature;
        String body = HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()).body();
        System.out.println(body);
        System.exit(body.contains("\"Code\":0,") ? 0 : 1);
    }
}
