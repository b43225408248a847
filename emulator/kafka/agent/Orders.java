package emulator.kafka.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/** Carries out what the emulator orders; see `emulator/kafka/broker.py` for the other end. */
final class Orders {
    private final Broker broker;

    Orders(Broker broker) {
        this.broker = broker;
    }

    /** Returns `{"ok": ...}` or `{"error": kind, "message": text}`; an order that fails leaves the agent running. */
    ObjectNode carryOut(JsonNode order) {
        ObjectNode answer = Agent.JSON.createObjectNode();
        try {
            answer.set("ok", run(order));
        } catch (Exception failure) {
            Throwable cause = failure instanceof ExecutionException ? failure.getCause() : failure;
            answer.put("error", cause.getClass().getSimpleName());
            answer.put("message", String.valueOf(cause.getMessage()));
        }
        return answer;
    }

    private JsonNode run(JsonNode order) throws Exception {
        String op = order.get("op").asText();
        return switch (op) {
            case "keys" -> keys(order.get("keys"));
            case "stop" -> stop();
            default -> throw new IllegalArgumentException("unknown order " + op);
        };
    }

    private static JsonNode keys(JsonNode wanted) {
        Map<String, ApiKeys.Key> keys = new HashMap<>();
        wanted.properties().forEach(entry -> keys.put(
                entry.getKey(),
                new ApiKeys.Key(
                        entry.getValue().get(0).asText(), entry.getValue().get(1).asText())));
        ApiKeys.replace(keys);
        return Agent.JSON.nullNode();
    }

    private JsonNode stop() {
        broker.stop();
        return Agent.JSON.nullNode();
    }
}
