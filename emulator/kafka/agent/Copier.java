package emulator.kafka.agent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The fetcher of one link half: a consumer of the source, with the link's own key, that writes into local logs. */
final class Copier extends Thread {
    /** Where to read and as whom. */
    record Source(String bootstrap, String user, String secret) {}

    /** One mirror: source topic, local topic, and how many records of a partition are to stay unmirrored. */
    record Mirror(String source, String topic, int partitions, Map<Integer, Long> hold) {}

    private record Wish(List<Mirror> mirrors, long delayMs) {}

    private final Source source;
    private final Logs logs;
    private final ReentrantLock turn;
    private final Map<String, String> problems = new ConcurrentHashMap<>();
    private volatile Wish wish = new Wish(List.of(), 0);
    private volatile boolean ended;

    Copier(String name, Source source, Logs logs, ReentrantLock turn) {
        super("copier of " + name);
        setDaemon(true);
        this.source = source;
        this.logs = logs;
        this.turn = turn;
    }

    boolean reads(Source other) {
        return source.equals(other);
    }

    /** From the return of this on nothing is written to other topics; the caller holds `turn`. */
    void want(List<Mirror> mirrors, long delayMs) {
        Wish next = new Wish(mirrors, delayMs);
        if (!next.equals(wish)) {
            wish = next;
            problems.clear();
        }
    }

    void end() {
        wish = new Wish(List.of(), 0);
        ended = true;
    }

    /** What keeps a mirror from being copied, by local topic. */
    Map<String, String> problems() {
        return problems;
    }

    @Override
    public void run() {
        while (!ended) {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
                while (!ended) {
                    cycle(consumer);
                }
            } catch (Exception failure) {
                wish.mirrors().forEach(mirror -> problems.put(mirror.topic(), String.valueOf(failure.getMessage())));
                pause(500);
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = Broker.login(source.bootstrap(), source.user(), source.secret());
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "none");
        settings.put("enable.auto.commit", "false");
        settings.put("allow.auto.create.topics", "false");
        settings.put("metadata.max.age.ms", "1000"); // new partitions of the source are not announced
        settings.put("reconnect.backoff.max.ms", "500");
        settings.put("default.api.timeout.ms", "5000");
        settings.put("request.timeout.ms", "5000");
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private void cycle(KafkaConsumer<byte[], byte[]> consumer) throws Exception {
        Wish now = wish;
        Map<TopicPartition, TopicPartition> places = places(now); // source partition to local partition
        if (places.isEmpty()) {
            pause(20);
            return;
        }
        assign(consumer, places);
        Map<TopicPartition, Long> limits = limits(consumer, now, places);
        ConsumerRecords<byte[], byte[]> got = poll(consumer, places);
        if (now.delayMs() > 0 && !got.isEmpty()) {
            pause(now.delayMs());
        }
        turn.lock();
        try {
            if (now != wish) { // told otherwise meanwhile: what was read is forgotten
                consumer.unsubscribe();
                return;
            }
            for (Map.Entry<TopicPartition, TopicPartition> place : places.entrySet()) {
                long limit = limits.getOrDefault(place.getKey(), Long.MAX_VALUE);
                take(consumer, place.getKey(), place.getValue(), got.records(place.getKey()), limit);
            }
        } finally {
            turn.unlock();
        }
        if (!limits.isEmpty()) {
            pause(20);
        }
    }

    private Map<TopicPartition, TopicPartition> places(Wish now) {
        Map<TopicPartition, TopicPartition> places = new HashMap<>();
        for (Mirror mirror : now.mirrors()) {
            for (int partition = 0; partition < mirror.partitions(); partition++) {
                TopicPartition local = new TopicPartition(mirror.topic(), partition);
                if (logs.online(local).isPresent()) {
                    places.put(new TopicPartition(mirror.source(), partition), local);
                }
            }
        }
        return places;
    }

    private void assign(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, TopicPartition> places) {
        Set<TopicPartition> before = new HashSet<>(consumer.assignment());
        if (!before.equals(places.keySet())) {
            consumer.assign(places.keySet());
            for (Map.Entry<TopicPartition, TopicPartition> place : places.entrySet()) {
                if (!before.contains(place.getKey())) {
                    consumer.seek(place.getKey(), logs.log(place.getValue()).logEndOffset());
                }
            }
        }
    }

    /** The first offset that must stay behind, for partitions under the lag lever. */
    private Map<TopicPartition, Long> limits(
            KafkaConsumer<byte[], byte[]> consumer, Wish now, Map<TopicPartition, TopicPartition> places) {
        Map<TopicPartition, Long> held = new HashMap<>();
        for (Mirror mirror : now.mirrors()) {
            mirror.hold().forEach((partition, records) -> held.put(new TopicPartition(mirror.source(), partition), records));
        }
        held.keySet().retainAll(places.keySet());
        if (!held.isEmpty()) {
            consumer.endOffsets(held.keySet()).forEach((place, end) -> held.computeIfPresent(place, (p, n) -> end - n));
        }
        return held;
    }

    private ConsumerRecords<byte[], byte[]> poll(
            KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, TopicPartition> places) throws Exception {
        try {
            return consumer.poll(Duration.ofMillis(50));
        } catch (OffsetOutOfRangeException outside) {
            Set<TopicPartition> lost = outside.offsetOutOfRangePartitions().keySet();
            Map<TopicPartition, Long> starts = consumer.beginningOffsets(lost);
            for (TopicPartition place : lost) {
                skip(consumer, place, places.get(place), starts.get(place));
            }
            return ConsumerRecords.empty();
        }
    }

    /** The source no longer has what comes next (retention, deleted records), or never had it. */
    private void skip(KafkaConsumer<byte[], byte[]> consumer, TopicPartition place, TopicPartition local, long start)
            throws Exception {
        turn.lock();
        try {
            long end = logs.log(local).logEndOffset();
            if (start < end) {
                diverged(place, local, end);
                pause(100);
            } else if (logs.log(local).logStartOffset() == end) {
                logs.startAt(local, start);
            } else {
                logs.fill(local, start);
            }
            consumer.seek(place, logs.log(local).logEndOffset());
        } finally {
            turn.unlock();
        }
    }

    private void take(
            KafkaConsumer<byte[], byte[]> consumer,
            TopicPartition place,
            TopicPartition local,
            List<ConsumerRecord<byte[], byte[]>> records,
            long limit)
            throws Exception {
        long position;
        try {
            position = consumer.position(place, Duration.ZERO);
        } catch (TimeoutException unknown) {
            if (records.isEmpty()) {
                return; // not known without asking: next time
            }
            position = records.get(records.size() - 1).offset() + 1;
        }
        long end = logs.log(local).logEndOffset();
        if ((records.isEmpty() ? position : records.get(0).offset()) < end) {
            diverged(place, local, end);
            return;
        }
        List<ConsumerRecord<byte[], byte[]>> due = new ArrayList<>(records);
        due.removeIf(record -> record.offset() >= limit);
        if (!due.isEmpty()) {
            logs.append(local, due);
            problems.remove(local.topic());
        }
        if (Math.min(position, limit) > logs.log(local).logEndOffset()) {
            logs.fill(local, Math.min(position, limit));
        }
        if (position > limit) {
            consumer.seek(place, logs.log(local).logEndOffset());
        }
    }

    private void diverged(TopicPartition place, TopicPartition local, long end) {
        problems.put(
                local.topic(),
                "diverged: the mirror has records its source does not have, " + place + " ends before offset " + end);
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
