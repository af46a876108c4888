import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Webhook {
    static boolean isGenuine(byte[] body, String signature) throws GeneralSecurityException {
        byte[] secret = System.getenv("DGSPAY_WEBHOOK_SECRET").getBytes(UTF_8);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        String expected = HexFormat.of().formatHex(mac.doFinal(body));
        String given = signature == null ? "" : signature;
        return MessageDigest.isEqual(given.getBytes(UTF_8), expected.getBytes(UTF_8));
    }

    // To try it: java verify.java SIGNATURE < body
    public static void main(String[] args) throws Exception {
        boolean ok = isGenuine(System.in.readAllBytes(), args.length > 0 ? args[0] : null);
        System.out.println(ok ? "genuine" : "forged");
        System.exit(ok ? 0 : 1);
    }
}
