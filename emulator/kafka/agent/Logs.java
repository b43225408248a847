package emulator.kafka.agent;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import kafka.cluster.Partition;
import kafka.server.ReplicaManager;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Logs of this broker as a link writes them: at given offsets, the way a follower replica does.
 *
 * <p>No client can do that, which is why the agent sits in the broker's process. Offsets the source has no record for
 * (compacted away, transaction markers, aborted records) become gaps; at the end of a log, where a gap would be no
 * progress, an empty batch as Kafka's own cleaner leaves it. Nobody can consume either.
 */
final class Logs {
    private static final int BATCH_BYTES = 1 << 18;

    private final ReplicaManager replicas;

    Logs(ReplicaManager replicas) {
        this.replicas = replicas;
    }

    Optional<Partition> online(TopicPartition place) {
        return CollectionConverters.asJava(replicas.onlinePartition(place).toList()).stream()
                .filter(Partition::isLeader)
                .findFirst();
    }

    UnifiedLog log(TopicPartition place) {
        return replicas.localLogOrException(place);
    }

    /** Appends records from one source partition, in order; those the log has already are left out. */
    void append(TopicPartition place, List<ConsumerRecord<byte[], byte[]>> records) throws Exception {
        Partition partition = replicas.getPartitionOrException(place);
        long end = log(place).logEndOffset();
        MemoryRecordsBuilder batch = null;
        ConsumerRecord<byte[], byte[]> first = null;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            if (record.offset() < end) {
                continue;
            }
            if (batch != null && !fits(batch, first, record)) {
                write(partition, batch.build());
                batch = null;
            }
            if (batch == null) {
                first = record;
                batch = builder(record, partition.getLeaderEpoch());
            }
            batch.appendWithOffset(
                    record.offset(), record.timestamp(), record.key(), record.value(), record.headers().toArray());
        }
        if (batch != null) {
            write(partition, batch.build());
        }
        seen(place);
    }

    private static boolean fits(
            MemoryRecordsBuilder batch, ConsumerRecord<byte[], byte[]> first, ConsumerRecord<byte[], byte[]> next) {
        // a batch has one append time for all its records
        boolean sameTime = next.timestampType() == first.timestampType()
                && (next.timestampType() != TimestampType.LOG_APPEND_TIME || next.timestamp() == first.timestamp());
        return sameTime
                && next.offset() - first.offset() < Integer.MAX_VALUE
                && batch.hasRoomFor(next.timestamp(), next.key(), next.value(), next.headers().toArray());
    }

    private static MemoryRecordsBuilder builder(ConsumerRecord<byte[], byte[]> first, int epoch) {
        // without producer id: that of another cluster would collide with this cluster's own producers
        return MemoryRecords.builder(
                ByteBuffer.allocate(BATCH_BYTES),
                RecordBatch.CURRENT_MAGIC_VALUE,
                Compression.NONE,
                first.timestampType(),
                first.offset(),
                first.timestamp(),
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_SEQUENCE,
                false,
                epoch);
    }

    /** Moves the end of a log to `end` with nothing to consume in between. */
    void fill(TopicPartition place, long end) throws Exception {
        Partition partition = replicas.getPartitionOrException(place);
        for (long next = log(place).logEndOffset(); next < end; next = log(place).logEndOffset()) {
            ByteBuffer buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
            DefaultRecordBatch.writeEmptyHeader(
                    buffer,
                    RecordBatch.CURRENT_MAGIC_VALUE,
                    RecordBatch.NO_PRODUCER_ID,
                    RecordBatch.NO_PRODUCER_EPOCH,
                    RecordBatch.NO_SEQUENCE,
                    next,
                    Math.min(end, next + Integer.MAX_VALUE) - 1,
                    partition.getLeaderEpoch(),
                    TimestampType.CREATE_TIME,
                    RecordBatch.NO_TIMESTAMP,
                    false,
                    false);
            buffer.flip();
            write(partition, MemoryRecords.readableRecords(buffer));
        }
        seen(place);
    }

    private static void write(Partition partition, MemoryRecords records) {
        partition.appendRecordsToFollowerOrFutureReplica(records, false, partition.getLeaderEpoch());
    }

    /** A follower waits for its leader to say what is committed; here nobody else will. */
    private void seen(TopicPartition place) throws Exception {
        UnifiedLog log = log(place);
        log.updateHighWatermark(log.logEndOffset());
        replicas.completeDelayedFetchRequests(
                CollectionConverters.asScala(List.of(place)).toSeq());
    }

    /** Makes an empty log start at `start`. */
    void startAt(TopicPartition place, long start) throws Exception {
        replicas.getPartitionOrException(place).truncateFullyAndStartAt(start, false, Optional.empty());
        seen(place);
    }

    /**
     * Returns where a tail that begins at `cut` has to be cut so that what is left is whole.
     *
     * <p>Kafka cuts whole batches only; and a transaction whose end was behind the cut would stay open for ever and block
     * readers of committed data. What lies between here and the cut has to be written again.
     */
    long wholeBefore(TopicPartition place, long cut) {
        Map<Long, Long> open = new HashMap<>(); // first offsets of transactions by producer
        for (LogSegment segment : log(place).logSegments()) {
            for (RecordBatch batch : segment.log().batches()) {
                if (batch.lastOffset() >= cut) {
                    long base = Math.min(cut, batch.baseOffset());
                    return open.values().stream().reduce(base, Math::min);
                }
                if (batch.isControlBatch()) {
                    open.remove(batch.producerId());
                } else if (batch.isTransactional()) {
                    open.putIfAbsent(batch.producerId(), batch.baseOffset());
                }
            }
        }
        return cut;
    }

    /** Cuts a log's tail at `whole`, writes `kept` again, and makes `cut` the end. */
    void truncate(TopicPartition place, long whole, List<ConsumerRecord<byte[], byte[]>> kept, long cut)
            throws Exception {
        long start = log(place).logStartOffset();
        Partition partition = replicas.getPartitionOrException(place);
        partition.truncateTo(whole, false);
        // A broker that came back answers no question for offsets below those at which it began to lead: a follower
        // that is cut never leads, and this one would stay silent until the log is as long again.
        if (partition.leaderEpochStartOffsetOpt().exists(began -> (long) began > whole)) {
            partition.leaderEpochStartOffsetOpt_$eq(Option.apply(whole));
        }
        append(place, kept);
        fill(place, cut);
        log(place).maybeIncrementLogStartOffset(start, LogStartOffsetIncrementReason.ClientRecordDeletion);
    }
}
