package emulator.kafka.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;

/**
 * Kafka's ACLs, plus two things Confluent Cloud has beside them: role bindings, and mirror topics nobody may write to.
 *
 * <p>Both are kept out of the ACLs, so that neither shows in a listing or is carried along by ACL sync.
 */
public final class Rules extends StandardAuthorizer {
    private static final String SUPER_PRINCIPAL = "User:" + ApiKeys.SUPER_USER;
    private static final Set<AclOperation> MIRROR_KEEPS = Set.of(AclOperation.WRITE, AclOperation.ALTER);

    /** What a role lets a principal do; `all` is an administrator, whose other fields mean nothing. */
    record Grant(boolean all, ResourceType type, boolean prefixed, String name, Set<AclOperation> operations) {
        boolean allows(Action action) {
            String wanted = action.resourcePattern().name();
            return all
                    || (action.resourcePattern().resourceType() == type
                            && operations.contains(action.operation())
                            && (prefixed ? wanted.startsWith(name) : wanted.equals(name)));
        }
    }

    private static volatile Set<String> mirrors = Set.of();
    private static volatile Map<String, List<Grant>> grants = Map.of();

    static void readOnly(Set<String> topics) {
        mirrors = Set.copyOf(topics);
    }

    static void roles(Map<String, List<Grant>> wanted) {
        grants = Map.copyOf(wanted);
    }

    @Override
    public List<AuthorizationResult> authorize(AuthorizableRequestContext context, List<Action> actions) {
        String principal = context.principal().toString();
        List<AuthorizationResult> results = super.authorize(context, actions);
        if (principal.equals(SUPER_PRINCIPAL)) {
            return results;
        }
        List<AuthorizationResult> answer = new ArrayList<>(actions.size());
        for (int i = 0; i < actions.size(); i++) {
            answer.add(judge(principal, actions.get(i), results.get(i)));
        }
        return answer;
    }

    private AuthorizationResult judge(String principal, Action action, AuthorizationResult byAcl) {
        boolean topic = action.resourcePattern().resourceType() == ResourceType.TOPIC;
        if (topic && MIRROR_KEEPS.contains(action.operation()) && mirrors.contains(action.resourcePattern().name())) {
            return AuthorizationResult.DENIED;
        }
        boolean granted = grants.getOrDefault(principal, List.of()).stream().anyMatch(grant -> grant.allows(action));
        if (byAcl == AuthorizationResult.DENIED && granted && !refused(principal, action)) {
            return AuthorizationResult.ALLOWED;
        }
        return byAcl;
    }

    @Override
    public AuthorizationResult authorizeByResourceType(
            AuthorizableRequestContext context, AclOperation operation, ResourceType type) {
        boolean granted = grants.getOrDefault(context.principal().toString(), List.of()).stream()
                .anyMatch(grant -> grant.all() || (grant.type() == type && grant.operations().contains(operation)));
        return granted ? AuthorizationResult.ALLOWED : super.authorizeByResourceType(context, operation, type);
    }

    /** Whether a DENY entry is about this: it beats roles, as it beats ALLOW entries. */
    private boolean refused(String principal, Action action) {
        AclBindingFilter denials = new AclBindingFilter(
                new ResourcePatternFilter(
                        action.resourcePattern().resourceType(), action.resourcePattern().name(), PatternType.MATCH),
                new AccessControlEntryFilter(null, null, AclOperation.ANY, AclPermissionType.DENY));
        for (AclBinding denial : acls(denials)) {
            boolean his = Set.of(principal, "User:*").contains(denial.entry().principal());
            if (his && Set.of(action.operation(), AclOperation.ALL).contains(denial.entry().operation())) {
                return true;
            }
        }
        return false;
    }
}
