package emulator.kafka.agent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** Changes of topics, settings, ACLs and offsets, each over before it returns: the next look at the state shows it. */
final class Changes {
    private static final long DEADLINE_MS = 60_000;

    private final Broker broker;
    private final State state;

    Changes(Broker broker, State state) {
        this.broker = broker;
        this.state = state;
    }

    /** Returns the id of the new topic. */
    String createTopic(String name, int partitions, Map<String, String> configs) throws Exception {
        NewTopic topic = new NewTopic(name, Optional.of(partitions), Optional.of((short) 1)).configs(configs);
        broker.admin().createTopics(List.of(topic)).all().get();
        await(() -> state.serves(name, partitions));
        return state.image().topics().topicsByName().get(name).id().toString();
    }

    void deleteTopic(String name) throws Exception {
        broker.admin().deleteTopics(List.of(name)).all().get();
        await(() -> !state.image().topics().topicsByName().containsKey(name) && !state.serves(name, 1));
    }

    void grow(String name, int partitions) throws Exception {
        broker.admin().createPartitions(Map.of(name, NewPartitions.increaseTo(partitions))).all().get();
        await(() -> state.serves(name, partitions));
    }

    /** A null value goes back to the default. */
    void configure(String name, Map<String, String> changes) throws Exception {
        Collection<AlterConfigOp> operations = new ArrayList<>();
        changes.forEach((key, value) -> operations.add(new AlterConfigOp(
                new ConfigEntry(key, value), value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET)));
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        broker.admin().incrementalAlterConfigs(Map.of(topic, operations)).all().get();
        await(() -> changes.entrySet().stream()
                .allMatch(change -> java.util.Objects.equals(state.configs(name).get(change.getKey()), change.getValue())));
    }

    void acls(JsonNode added, JsonNode dropped) throws Exception {
        List<AclBinding> fresh = bindings(added);
        List<AclBinding> over = bindings(dropped);
        broker.admin().deleteAcls(over.stream().map(AclBinding::toFilter).toList()).all().get();
        broker.admin().createAcls(fresh).all().get();
        await(() -> {
            Set<AclBinding> present = new HashSet<>();
            state.acls(AclBindingFilter.ANY).forEach(present::add);
            return present.containsAll(fresh) && over.stream().noneMatch(present::contains);
        });
    }

    private static List<AclBinding> bindings(JsonNode rows) {
        List<AclBinding> bindings = new ArrayList<>();
        for (JsonNode row : rows) {
            ResourceType type = ResourceType.valueOf(row.get(0).asText());
            PatternType pattern = PatternType.valueOf(row.get(2).asText());
            AclOperation operation = AclOperation.valueOf(row.get(5).asText());
            AclPermissionType permission = AclPermissionType.valueOf(row.get(6).asText());
            String principal = row.get(3).asText();
            bindings.add(new AclBinding(
                    new ResourcePattern(type, row.get(1).asText(), pattern),
                    new AccessControlEntry(principal, row.get(4).asText(), operation, permission)));
        }
        return bindings;
    }

    /** Rows of (topic, partition, next offset) to commit, and of (topic, partition) to forget. */
    void offsets(String group, JsonNode set, JsonNode dropped) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        set.forEach(row -> offsets.put(place(row), new OffsetAndMetadata(row.get(2).asLong())));
        if (!offsets.isEmpty()) {
            broker.admin().alterConsumerGroupOffsets(group, offsets).all().get();
        }
        Set<TopicPartition> forgotten = new HashSet<>();
        dropped.forEach(row -> forgotten.add(place(row)));
        if (!forgotten.isEmpty()) {
            broker.admin().deleteConsumerGroupOffsets(group, forgotten).all().get();
        }
    }

    private static TopicPartition place(JsonNode row) {
        return new TopicPartition(row.get(0).asText(), row.get(1).asInt());
    }

    /** The controller has agreed; the broker learns it a moment later. */
    static void await(BooleanSupplier done) throws InterruptedException {
        long deadline = System.currentTimeMillis() + DEADLINE_MS;
        while (!done.getAsBoolean()) {
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException("the broker did not follow its controller in time");
            }
            Thread.sleep(2);
        }
    }
}
