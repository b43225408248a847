package emulator.kafka.agent;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.server.authorizer.Authorizer;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/** What this broker holds, as one JSON object: topics with offsets and settings, groups, ACLs. */
final class State {
    private final Broker broker;
    private final Logs logs;

    State(Broker broker, Logs logs) {
        this.broker = broker;
        this.logs = logs;
    }

    ObjectNode read() throws Exception {
        ObjectNode state = Agent.JSON.createObjectNode();
        topics(state.putObject("topics"));
        groups(state.putObject("groups"));
        acls(state.putArray("acls"));
        return state;
    }

    MetadataImage image() {
        return broker.server.metadataCache().currentImage();
    }

    Map<String, String> configs(String topic) {
        return image().configs().configMapForResource(new ConfigResource(ConfigResource.Type.TOPIC, topic));
    }

    /** Whether every partition of `topic` is led by this broker, and there are as many as that. */
    boolean serves(String topic, int partitions) {
        for (int number = 0; number < partitions; number++) {
            if (logs.online(new TopicPartition(topic, number)).isEmpty()) {
                return false;
            }
        }
        return image().topics().topicsByName().containsKey(topic);
    }

    /** Whether all there is is served: after a start, leaders are elected a moment later. */
    boolean complete() {
        return image().topics().topicsByName().entrySet().stream()
                .allMatch(topic -> serves(topic.getKey(), topic.getValue().partitions().size()));
    }

    private void topics(ObjectNode topics) {
        image().topics().topicsByName().forEach((name, topic) -> {
            if (name.startsWith("__")) {
                return; // Kafka's own
            }
            ObjectNode node = topics.putObject(name).put("id", topic.id().toString());
            ObjectNode configs = node.putObject("configs");
            configs(name).forEach(configs::put);
            if (!serves(name, topic.partitions().size())) {
                node.putNull("partitions"); // being made, or without a leader for a moment
                return;
            }
            ArrayNode partitions = node.putArray("partitions");
            for (int number = 0; number < topic.partitions().size(); number++) {
                UnifiedLog log = logs.log(new TopicPartition(name, number));
                partitions.addArray().add(log.logStartOffset()).add(log.logEndOffset());
            }
        });
    }

    private void groups(ObjectNode groups) throws Exception {
        Admin admin = broker.admin();
        ListGroupsOptions consumers = new ListGroupsOptions().withTypes(Set.of(GroupType.CLASSIC, GroupType.CONSUMER));
        Collection<GroupListing> listed = admin.listGroups(consumers).all().get();
        List<String> names = listed.stream().map(GroupListing::groupId).toList();
        if (names.isEmpty()) {
            return;
        }
        Map<String, KafkaFuture<ConsumerGroupDescription>> described =
                admin.describeConsumerGroups(names).describedGroups();
        Map<String, ListConsumerGroupOffsetsSpec> everything = new HashMap<>();
        names.forEach(name -> everything.put(name, new ListConsumerGroupOffsetsSpec()));
        ListConsumerGroupOffsetsResult offsets = admin.listConsumerGroupOffsets(everything);
        for (String name : names) {
            try {
                ObjectNode node = group(described.get(name).get());
                committed(node.putArray("offsets"), offsets.partitionsToOffsetAndMetadata(name).get());
                groups.set(name, node);
            } catch (ExecutionException gone) {
                // deleted between the list and the question
            }
        }
    }

    private static ObjectNode group(ConsumerGroupDescription group) {
        ObjectNode node = Agent.JSON.createObjectNode();
        node.put("state", group.groupState().name()).put("assignor", group.partitionAssignor());
        node.put("type", group.type().name());
        ArrayNode members = node.putArray("members");
        for (MemberDescription member : group.members()) {
            members.addArray().add(member.consumerId()).add(member.clientId());
        }
        return node;
    }

    private static void committed(ArrayNode rows, Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach((place, known) -> {
            if (known != null) {
                rows.addArray().add(place.topic()).add(place.partition()).add(known.offset());
            }
        });
    }

    Iterable<AclBinding> acls(AclBindingFilter filter) {
        Authorizer authorizer = broker.server.authorizerPlugin().get().get();
        return authorizer.acls(filter);
    }

    private void acls(ArrayNode entries) {
        for (AclBinding acl : acls(AclBindingFilter.ANY)) {
            entries.addArray()
                    .add(acl.pattern().resourceType().name())
                    .add(acl.pattern().name())
                    .add(acl.pattern().patternType().name())
                    .add(acl.entry().principal())
                    .add(acl.entry().host())
                    .add(acl.entry().operation().name())
                    .add(acl.entry().permissionType().name());
        }
    }
}
