package emulator.kafka.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Records by the emulator's own hand: as super user, so past ACLs and past the read-only guard of mirrors. */
final class Payloads {
    private final Broker broker;
    private final Logs logs;
    private KafkaProducer<byte[], byte[]> producer;

    Payloads(Broker broker, Logs logs) {
        this.broker = broker;
        this.logs = logs;
    }

    /** Writes rows of (timestamp, count, key, value, [[header, value], ...]), bytes in base64; returns the first offset. */
    long append(TopicPartition place, JsonNode rows) throws Exception {
        if (producer == null) {
            producer = new KafkaProducer<>(broker.superUser(), new ByteArraySerializer(), new ByteArraySerializer());
        }
        long first = -1;
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (JsonNode row : rows) {
            for (long copy = 0; copy < row.get(1).asLong(); copy++) {
                sent.add(producer.send(record(place, row)));
            }
        }
        producer.flush();
        for (Future<RecordMetadata> record : sent) {
            long offset = record.get().offset();
            first = first < 0 ? offset : first;
        }
        return first;
    }

    private static ProducerRecord<byte[], byte[]> record(TopicPartition place, JsonNode row) throws IOException {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : row.get(4)) {
            headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
        }
        return new ProducerRecord<>(
                place.topic(), place.partition(), row.get(0).asLong(), bytes(row.get(2)), bytes(row.get(3)), headers);
    }

    private static byte[] bytes(JsonNode base64) throws IOException {
        return base64.isNull() ? null : base64.binaryValue();
    }

    /** Every record anybody could consume, in rows of (offset, timestamp, key, value, [[header, value], ...]). */
    ArrayNode read(TopicPartition place) {
        ArrayNode rows = Agent.JSON.createArrayNode();
        long end = logs.log(place).lastStableOffset();
        committed(place, logs.log(place).logStartOffset(), end).forEach(record -> rows.add(row(record)));
        return rows;
    }

    /** Cuts a log's tail at any offset; see `Logs.wholeBefore`. */
    void truncate(TopicPartition place, long cut) throws Exception {
        long whole = logs.wholeBefore(place, cut);
        logs.truncate(place, whole, committed(place, whole, cut), cut);
    }

    private List<ConsumerRecord<byte[], byte[]>> committed(TopicPartition place, long from, long to) {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.assign(List.of(place));
            consumer.seek(place, Math.max(from, logs.log(place).logStartOffset()));
            while (consumer.position(place) < to) {
                consumer.poll(Duration.ofMillis(100)).forEach(found::add);
            }
        }
        found.removeIf(record -> record.offset() >= to);
        return found;
    }

    private static ArrayNode row(ConsumerRecord<byte[], byte[]> record) {
        ArrayNode row = Agent.JSON.createArrayNode();
        row.add(record.offset()).add(record.timestamp()).add(record.key()).add(record.value());
        ArrayNode headers = row.addArray();
        record.headers().forEach(header -> headers.addArray().add(header.key()).add(header.value()));
        return row;
    }

    /** The first offset of each partition whose record is not older than `moment`; the end where there is none. */
    ArrayNode offsetsAt(String topic, int partitions, long moment) {
        ArrayNode offsets = Agent.JSON.createArrayNode();
        Map<TopicPartition, Long> wanted = new HashMap<>();
        for (int number = 0; number < partitions; number++) {
            wanted.put(new TopicPartition(topic, number), moment);
        }
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(wanted);
            for (int number = 0; number < partitions; number++) {
                TopicPartition place = new TopicPartition(topic, number);
                OffsetAndTimestamp at = found.get(place);
                offsets.add(at == null ? logs.log(place).logEndOffset() : at.offset());
            }
        }
        return offsets;
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = broker.superUser();
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
