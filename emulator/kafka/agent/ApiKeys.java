package emulator.kafka.agent;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SaslAuthenticationContext;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;
import org.apache.kafka.common.security.plain.internals.PlainServerCallbackHandler;

/**
 * The API keys a broker accepts over SASL PLAIN, and whose they are.
 *
 * <p>Kafka's own PLAIN users are fixed when a broker starts, while API keys come and go. This handler looks into a table
 * that the emulator replaces as a whole; it lives in the broker's process, so the broker has no second opinion.
 */
public final class ApiKeys extends PlainServerCallbackHandler {
    /** Name of the super user: the emulator, and nobody else. */
    static final String SUPER_USER = "emulator";

    /** Secret of a key and the principal that owns it. */
    record Key(String secret, String owner) {}

    private static volatile Map<String, Key> keys = Map.of();
    private static volatile String superSecret = "";

    static void superSecret(String secret) {
        superSecret = secret;
    }

    static void replace(Map<String, Key> wanted) {
        keys = Map.copyOf(wanted);
    }

    @Override
    protected boolean authenticate(String username, char[] password) {
        Key key = keys.get(username);
        String secret = SUPER_USER.equals(username) ? superSecret : key == null ? null : key.secret();
        return secret != null && same(secret, new String(password));
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    /** Makes the owner of a key the principal, so that ACLs name service accounts, as on Confluent Cloud. */
    public static final class Owners extends DefaultKafkaPrincipalBuilder {
        public Owners() {
            super(null, null);
        }

        @Override
        public KafkaPrincipal build(AuthenticationContext context) {
            if (context instanceof SaslAuthenticationContext sasl) {
                String user = sasl.server().getAuthorizationID();
                Key key = keys.get(user);
                return new KafkaPrincipal(KafkaPrincipal.USER_TYPE, key == null ? user : key.owner());
            }
            return super.build(context);
        }
    }
}
