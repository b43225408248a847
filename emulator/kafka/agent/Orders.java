package emulator.kafka.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;

/**
 * Carries out what the emulator orders; `emulator/kafka/broker.py` is the other end of the line.
 *
 * <p>Between `begin` and `end` no link writes to this broker: what `begin` shows of mirrors holds until `end`.
 */
final class Orders {
    private final ReentrantLock turn = new ReentrantLock(true);
    private final Broker broker;
    private final Logs logs;
    private final State state;
    private final Changes changes;
    private final Payloads payloads;
    private final Copiers copiers;

    Orders(Broker broker) throws InterruptedException {
        this.broker = broker;
        this.logs = new Logs(broker.server.replicaManager());
        this.state = new State(broker, logs);
        this.changes = new Changes(broker, state);
        this.payloads = new Payloads(broker, logs);
        this.copiers = new Copiers(logs, turn);
        Changes.await(state::complete);
    }

    /** Returns `{"ok": ...}` or `{"error": kind, "message": text}`; an order that fails leaves the agent running. */
    ObjectNode carryOut(JsonNode order) {
        ObjectNode answer = Agent.JSON.createObjectNode();
        try {
            answer.set("ok", Agent.JSON.valueToTree(run(order.get("op").asText(), order)));
        } catch (Exception failure) {
            Throwable cause = failure instanceof ExecutionException ? failure.getCause() : failure;
            answer.put("error", cause.getClass().getSimpleName());
            answer.put("message", String.valueOf(cause.getMessage()));
        }
        return answer;
    }

    private Object run(String op, JsonNode order) throws Exception {
        if (Access.order(order)) {
            return null;
        }
        switch (op) {
            case "begin":
                return begin();
            case "end":
                turn.unlock();
                return null;
            case "copy":
                copiers.want(order.get("links"));
                return null;
            case "stop":
                broker.stop();
                return null;
            default:
                return onTopics(op, order);
        }
    }

    private ObjectNode begin() throws Exception {
        turn.lock();
        try {
            ObjectNode now = state.read();
            now.set("problems", Agent.JSON.valueToTree(copiers.problems()));
            return now;
        } catch (Exception failure) {
            turn.unlock();
            throw failure;
        }
    }

    private Object onTopics(String op, JsonNode order) throws Exception {
        String topic = order.path("topic").asText();
        int partition = order.path("partition").asInt();
        int partitions = order.path("partitions").asInt();
        TopicPartition place = new TopicPartition(topic, partition);
        switch (op) {
            case "create":
                return changes.createTopic(topic, partitions, map(order.get("configs")));
            case "delete":
                changes.deleteTopic(topic);
                return null;
            case "grow":
                changes.grow(topic, partitions);
                return null;
            case "configure":
                changes.configure(topic, map(order.get("configs")));
                return null;
            case "start_at":
                logs.startAt(place, order.get("offset").asLong());
                return null;
            case "truncate":
                payloads.truncate(place, order.get("offset").asLong());
                return null;
            case "append":
                return payloads.append(place, order.get("records"));
            case "read":
                return payloads.read(place);
            case "offsets_at":
                return payloads.offsetsAt(topic, partitions, order.get("moment").asLong());
            case "acls":
                changes.acls(order.get("add"), order.get("drop"));
                return null;
            case "offsets":
                changes.offsets(order.get("group").asText(), order.get("set"), order.get("drop"));
                return null;
            default:
                throw new IllegalArgumentException("unknown order " + op);
        }
    }

    private static Map<String, String> map(JsonNode object) {
        Map<String, String> map = new HashMap<>();
        object.properties().forEach(entry ->
                map.put(entry.getKey(), entry.getValue().isNull() ? null : entry.getValue().asText()));
        return map;
    }
}
