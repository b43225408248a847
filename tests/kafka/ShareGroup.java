import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A member of a share group, which librdkafka has not: ShareGroup BOOTSTRAP USER SECRET TOPIC GROUP. */
public final class ShareGroup {
    public static void main(String[] words) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", words[0]);
        settings.put("security.protocol", "SASL_PLAINTEXT");
        settings.put("sasl.mechanism", "PLAIN");
        settings.put(
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + words[1]
                        + "\" password=\"" + words[2] + "\";");
        settings.put("group.id", words[4]);
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        try (KafkaShareConsumer<byte[], byte[]> member = new KafkaShareConsumer<>(settings, bytes, bytes)) {
            member.subscribe(List.of(words[3]));
            while (true) {
                member.poll(Duration.ofMillis(300));
            }
        }
    }
}
