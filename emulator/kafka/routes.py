"""All Kafka REST routes, relative to `/k/{lkc}/kafka/v3/clusters/{cluster_id}`.

Path parameters have the vendor's names, so the route is also the template requests are counted by.
"""

from emulator.kafka.rest import acls, configs, groups, links, mirrors, records, topics

# fixed names such as /topics/-/configs come before the routes whose parameter would swallow them
routes = [
    *configs.routes,
    *topics.routes,
    *records.routes,
    *acls.routes,
    *groups.routes,
    *mirrors.routes,
    *links.routes,
]
