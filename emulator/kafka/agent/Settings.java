package emulator.kafka.agent;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Configuration of one KRaft node that is broker and controller at once, on loopback, for one emulated cluster. */
final class Settings {
    private Settings() {}

    static Map<String, String> of(Path folder, int port, int controllerPort, String superSecret) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        settings.put("listeners", "CLIENT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        settings.put("advertised.listeners", "CLIENT://127.0.0.1:" + port);
        settings.put("listener.security.protocol.map", "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT");
        settings.put("inter.broker.listener.name", "CLIENT");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("log.dirs", folder.toString());
        security(settings, superSecret);
        small(settings);
        // as on Confluent Cloud
        settings.put("auto.create.topics.enable", "false");
        settings.put("message.max.bytes", "2097164");
        return settings;
    }

    private static void security(Map<String, String> settings, String superSecret) {
        settings.put("sasl.enabled.mechanisms", "PLAIN");
        settings.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        settings.put("sasl.mechanism.controller.protocol", "PLAIN");
        for (String listener : new String[] {"client", "controller"}) {
            String prefix = "listener.name." + listener + ".plain.sasl.";
            settings.put(prefix + "jaas.config", jaas(ApiKeys.SUPER_USER, superSecret));
            settings.put(prefix + "server.callback.handler.class", ApiKeys.class.getName());
        }
        settings.put("principal.builder.class", ApiKeys.Owners.class.getName());
        settings.put("authorizer.class.name", Rules.class.getName());
        settings.put("super.users", "User:" + ApiKeys.SUPER_USER);
    }

    /** One node, a handful of topics: no replication, few threads, small caches. */
    private static void small(Map<String, String> settings) {
        for (String topic : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            settings.put(topic + ".replication.factor", "1");
            settings.put(topic + ".num.partitions", "1");
        }
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        // a killed node must wait for the session of its former self to end (9 s by default) before it is let in again
        settings.put("broker.session.timeout.ms", "3000");
        settings.put("broker.heartbeat.interval.ms", "500");
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("num.network.threads", "2");
        settings.put("num.io.threads", "2");
        settings.put("num.recovery.threads.per.data.dir", "1");
        settings.put("background.threads", "2");
        settings.put("log.cleaner.dedupe.buffer.size", "8388608");
        settings.put("log.cleaner.backoff.ms", "500");
        settings.put("offsets.retention.check.interval.ms", "600000");
    }

    static String jaas(String user, String secret) {
        String quoted = secret.replace("\\", "\\\\").replace("\"", "\\\"");
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                + quoted + "\";";
    }
}
