//! A database that every pod reaches is as safe as the weakest of them.

use engine::network::Opening;
use model::{Container, ContainerKind, Fix, Path, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-028",
    name: "database-reachable-from-everywhere",
    title: "Database that every pod reaches",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("database_reachable_from_everywhere.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // What runs once is no server; the node's network is told by a control of its own.
    if pod.host_network() || matches!(pod.object.kind, "Job" | "CronJob") {
        return;
    }
    let mut regular = pod.containers().filter(|it| it.kind == ContainerKind::Regular);
    let Some((at, port, what)) = regular.find_map(|it| database(&it)) else { return };
    let Some(opening) = report.ask_network(|world| world.opening(pod, port)) else { return };
    let why = match opening {
        Opening::NotIsolated => "no NetworkPolicy selects it".to_owned(),
        Opening::Rule(policy) => {
            format!("NetworkPolicy `{}` lets them in", report.snapshot.object(policy).name)
        }
    };
    let because = format!(
        "every pod of every namespace reaches port {port} ({what}) of {} `{}`: {why}",
        pod.object.kind, pod.object.name
    );
    let fix = Fix::advice("name in a NetworkPolicy the pods that call it, and that port");
    report.finding(at, because, fix);
}

/// Images of databases, caches and queues by the last part of their names, what they are, and the
/// port they answer on (their documentation, and IANA's registry).
const SERVERS: &[(&str, &str, u16)] = &[
    ("cassandra", "Cassandra", 9042),
    ("clickhouse-server", "ClickHouse", 9000),
    ("cockroach", "CockroachDB", 26_257),
    ("couchdb", "CouchDB", 5984),
    ("elasticsearch", "Elasticsearch", 9200),
    ("elasticsearch-oss", "Elasticsearch", 9200),
    ("etcd", "etcd", 2379),
    ("influxdb", "InfluxDB", 8086),
    ("kafka", "Kafka", 9092),
    ("mariadb", "MariaDB", 3306),
    ("memcached", "memcached", 11_211),
    ("mongo", "MongoDB", 27_017),
    ("mongodb", "MongoDB", 27_017),
    ("mysql", "MySQL", 3306),
    ("neo4j", "Neo4j", 7687),
    ("opensearch", "OpenSearch", 9200),
    ("postgis", "PostgreSQL", 5432),
    ("postgres", "PostgreSQL", 5432),
    ("postgresql", "PostgreSQL", 5432),
    ("rabbitmq", "RabbitMQ", 5672),
    ("redis", "Redis", 6379),
    ("valkey", "Valkey", 6379),
    ("zookeeper", "ZooKeeper", 2181),
];

/// Ports that nothing else is known by.
const PORTS: &[(u16, &str)] = &[
    (2379, "etcd"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (6379, "Redis"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (11_211, "memcached"),
    (27_017, "MongoDB"),
];

/// Where it shows that a container is a database, the port, and what it is.
fn database(container: &Container<'_>) -> Option<(Path, u16, &'static str)> {
    let by_port = container.ports().find_map(|port| {
        let number = port.node.int("containerPort")?;
        let (number, what) = PORTS.iter().find(|(known, _)| i64::from(*known) == number)?;
        let is_tcp = port.node.str("protocol").is_none_or(|protocol| protocol == "TCP");
        is_tcp.then(|| {
            (container.at("ports").index(port.index).field("containerPort"), *number, *what)
        })
    });
    let by_image = || {
        let image = container.image();
        let name = image.rsplit('/').next()?.split(['@', ':']).next()?;
        let (_, what, port) = SERVERS.iter().find(|(known, ..)| *known == name)?;
        // The image of a server also holds its client.
        let runs_something_else = container.node.get("command").is_some();
        (!runs_something_else).then(|| (container.at("image"), *port, *what))
    };
    by_port.or_else(by_image)
}
