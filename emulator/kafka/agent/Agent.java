package emulator.kafka.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * One emulated cluster: a Kafka broker, and beside it in the same process the hand of the emulator.
 *
 * <p>Orders come in and answers go out as one JSON object a line on the standard streams. The first line says how to
 * start. When standard input ends, the emulator is gone, however it went, and so is this process.
 */
public final class Agent {
    static final ObjectMapper JSON = new ObjectMapper();

    private Agent() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // a library that prints must not garble the answers
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        JsonNode first = JSON.readTree(orders.readLine());
        Path folder = Path.of(first.get("folder").asText());
        watchParent(first.get("parent").asLong(), folder);
        for (JsonNode order : first.get("standing")) { // who may do what is settled before anybody can ask
            Access.order(order);
        }
        Broker broker = Broker.start(first, folder);
        Orders desk = new Orders(broker);
        answer(answers, JSON.createObjectNode().put("ready", true));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            JsonNode order = JSON.readTree(line);
            answer(answers, desk.carryOut(order));
            if (order.path("op").asText().equals("stop")) {
                Runtime.getRuntime().halt(0); // an orderly shutdown is over, and its data are for the next start
            }
        }
        end(folder);
    }

    private static void answer(PrintStream answers, ObjectNode answer) throws IOException {
        answers.println(JSON.writeValueAsString(answer));
        answers.flush();
    }

    /** A second guard: standard input stays open when some other process has inherited its other end. */
    private static void watchParent(long parent, Path folder) {
        Thread guard = new Thread(() -> {
            while (ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(-1L) == parent) {
                try {
                    Thread.sleep(500);
                } catch (InterruptedException interrupted) {
                    break;
                }
            }
            end(folder);
        });
        guard.setDaemon(true);
        guard.start();
    }

    /** Nobody needs the data any more: no orderly shutdown, no leftovers. */
    private static void end(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException | RuntimeException gone) {
            // the broker writes while we delete: what stays is a file in a temporary folder
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }
}
