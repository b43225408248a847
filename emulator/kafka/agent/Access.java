package emulator.kafka.agent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;

/** Orders about who may come in and do what; each replaces a whole table. They can be given before the broker starts. */
final class Access {
    private Access() {}

    /** Carries out the order if it is one of these. */
    static boolean order(JsonNode order) {
        switch (order.path("op").asText()) {
            case "keys":
                ApiKeys.replace(keys(order.get("keys")));
                return true;
            case "roles":
                Rules.roles(roles(order.get("roles")));
                return true;
            case "read_only":
                Rules.readOnly(new HashSet<>(texts(order.get("topics"))));
                return true;
            default:
                return false;
        }
    }

    private static Map<String, ApiKeys.Key> keys(JsonNode wanted) {
        Map<String, ApiKeys.Key> keys = new HashMap<>();
        wanted.properties().forEach(entry -> {
            JsonNode key = entry.getValue();
            keys.put(entry.getKey(), new ApiKeys.Key(key.get(0).asText(), key.get(1).asText()));
        });
        return keys;
    }

    /** Rows of (principal, resource type or null for everything, whether prefixed, name, operations). */
    private static Map<String, List<Rules.Grant>> roles(JsonNode rows) {
        Map<String, List<Rules.Grant>> roles = new HashMap<>();
        for (JsonNode row : rows) {
            boolean all = row.get(1).isNull();
            Set<AclOperation> operations = new HashSet<>();
            texts(row.get(4)).forEach(operation -> operations.add(AclOperation.valueOf(operation)));
            ResourceType type = all ? ResourceType.ANY : ResourceType.valueOf(row.get(1).asText());
            roles.computeIfAbsent(row.get(0).asText(), principal -> new ArrayList<>())
                    .add(new Rules.Grant(all, type, row.get(2).asBoolean(), row.get(3).asText(), operations));
        }
        return roles;
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(item.asText()));
        return texts;
    }
}
