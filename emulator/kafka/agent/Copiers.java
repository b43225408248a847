package emulator.kafka.agent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** The copiers of this broker, one for each link half that has something to copy. */
final class Copiers {
    private final Logs logs;
    private final ReentrantLock turn;
    private final Map<String, Copier> running = new HashMap<>();

    Copiers(Logs logs, ReentrantLock turn) {
        this.logs = logs;
        this.turn = turn;
    }

    /** Makes the copiers those of `links`, no more and no others; the caller holds `turn`. */
    void want(JsonNode links) {
        Set<String> wanted = new HashSet<>();
        for (JsonNode link : links) {
            String name = link.get("name").asText();
            wanted.add(name);
            copier(name, link).want(mirrors(link.get("mirrors")), link.get("delay_ms").asLong());
        }
        running.entrySet().removeIf(entry -> {
            boolean over = !wanted.contains(entry.getKey());
            if (over) {
                entry.getValue().end();
            }
            return over;
        });
    }

    private Copier copier(String name, JsonNode link) {
        Copier.Source source = new Copier.Source(
                link.get("bootstrap").asText(),
                link.get("user").asText(),
                link.get("secret").asText());
        Copier present = running.get(name);
        if (present != null && present.reads(source)) {
            return present;
        }
        if (present != null) {
            present.end();
        }
        Copier fresh = new Copier(name, source, logs, turn);
        running.put(name, fresh);
        fresh.start();
        return fresh;
    }

    private static List<Copier.Mirror> mirrors(JsonNode wanted) {
        List<Copier.Mirror> mirrors = new ArrayList<>();
        for (JsonNode mirror : wanted) {
            Map<Integer, Long> hold = new HashMap<>();
            mirror.get("hold").properties().forEach(
                    entry -> hold.put(Integer.valueOf(entry.getKey()), entry.getValue().asLong()));
            mirrors.add(new Copier.Mirror(
                    mirror.get("source").asText(),
                    mirror.get("topic").asText(),
                    mirror.get("partitions").asInt(),
                    hold));
        }
        return mirrors;
    }

    Map<String, String> problems() {
        Map<String, String> all = new HashMap<>();
        running.values().forEach(copier -> all.putAll(copier.problems()));
        return all;
    }
}
