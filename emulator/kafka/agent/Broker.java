package emulator.kafka.agent;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kafka.server.BrokerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.raft.DynamicVoters;

/** The broker of this process and the emulator's own connection to it. */
final class Broker {
    final BrokerServer server;
    final String bootstrap;
    private final KafkaRaftServer raft;
    private final String superSecret;
    private Admin admin;

    private Broker(KafkaRaftServer raft, BrokerServer server, String bootstrap, String superSecret) {
        this.raft = raft;
        this.server = server;
        this.bootstrap = bootstrap;
        this.superSecret = superSecret;
    }

    static Broker start(JsonNode order, Path folder) throws Exception {
        int port = order.get("port").asInt();
        String secret = order.get("super_secret").asText();
        Map<String, String> settings = Settings.of(folder, port, order.get("controller_port").asInt(), secret);
        ApiKeys.superSecret(secret);
        if (!Files.exists(folder.resolve("meta.properties"))) {
            format(folder, order.get("cluster").asText());
        }
        KafkaRaftServer raft = new KafkaRaftServer(KafkaConfig.fromProps(properties(settings)), Time.SYSTEM);
        raft.startup();
        return new Broker(raft, broker(raft), "127.0.0.1:" + port, secret);
    }

    private static java.util.Properties properties(Map<String, String> settings) {
        java.util.Properties properties = new java.util.Properties();
        properties.putAll(settings);
        return properties;
    }

    private static void format(Path folder, String cluster) throws Exception {
        new Formatter()
                .setPrintStream(new PrintStream(new ByteArrayOutputStream()))
                .setClusterId(cluster)
                .setNodeId(1)
                .setControllerListenerName("CONTROLLER")
                .setDirectories(List.of(folder.toString()))
                .setMetadataLogDirectory(folder.toString())
                .run();
    }

    /** Kafka gives no way to its broker object; the jars are pinned by digest, so this cannot rot unseen. */
    private static BrokerServer broker(KafkaRaftServer raft) throws ReflectiveOperationException {
        Method getter = KafkaRaftServer.class.getDeclaredMethod("broker");
        getter.setAccessible(true);
        return (BrokerServer) ((scala.Option<?>) getter.invoke(raft)).get();
    }

    /** Client settings of the emulator as super user. */
    Map<String, Object> superUser() {
        return login(bootstrap, ApiKeys.SUPER_USER, superSecret);
    }

    static Map<String, Object> login(String bootstrap, String user, String secret) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("security.protocol", "SASL_PLAINTEXT");
        settings.put("sasl.mechanism", "PLAIN");
        settings.put("sasl.jaas.config", Settings.jaas(user, secret));
        return settings;
    }

    Admin admin() {
        if (admin == null) {
            admin = Admin.create(superUser());
        }
        return admin;
    }

    void stop() {
        raft.shutdown();
        raft.awaitShutdown();
    }
}
