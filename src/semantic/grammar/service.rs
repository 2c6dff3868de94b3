//! Nodes in `service`.

use super::deployment::DEPLOY;
use super::document::CONSISTENCY;
use super::table::{INDEX, TABLE};
use super::{
    Arguments, EMPTY, Flag, Kind, NodeSpec, Property, SUMMARY, TIMEOUT, WAS, argument, flag, many, once,
    optional, required,
};

/// `service`.
pub static SERVICE: NodeSpec = NodeSpec {
    name: "service",
    summary: "a service and all that it owns",
    arguments: Arguments::NAME,
    properties: &[optional("team", Kind::Name, "the team that runs it"), WAS],
    children: &[
        once(&SUMMARY_NODE),
        many(&EXCLUDES),
        once(&DATABASE),
        many(&STORE),
        many(&EXTENSION),
        many(&ENUM),
        many(&TABLE),
        many(&PROJECTION),
        many(&TOPIC),
        many(&CONSUMES),
        once(&API),
        many(&CALLS),
        many(&CALLED_BY),
        once(&DEPLOY),
        once(&LATENCY),
        once(&CONSISTENCY),
        many(&SQL),
    ],
    ..EMPTY
};

static SUMMARY_NODE: NodeSpec = NodeSpec {
    name: "summary",
    summary: "what the service is for",
    arguments: Arguments::exactly(&[argument("text", Kind::Text)]),
    ..EMPTY
};

static EXCLUDES: NodeSpec = NodeSpec {
    name: "excludes",
    summary: "what the service must not do",
    arguments: Arguments::many("text", Kind::Name, 1),
    ..EMPTY
};

static DATABASE: NodeSpec = NodeSpec {
    name: "database",
    summary: "its database: one per service, never shared",
    arguments: Arguments::NAME,
    properties: &[
        required("on", Kind::Name, "the server it lives on"),
        optional("pool", Kind::Whole(1, 1000), "connections of one replica; default 8"),
        WAS,
    ],
    ..EMPTY
};

static STORE: NodeSpec = NodeSpec {
    name: "store",
    summary: "a store of another kind: owned and documented, not migrated",
    arguments: Arguments::exactly(&[
        argument("kind", Kind::OneOf(&["redis", "neo4j", "clickhouse", "opensearch", "s3"])),
        argument("name", Kind::Name),
    ]),
    properties: &[SUMMARY, WAS],
    children: &[many(&HOLDS)],
    ..EMPTY
};

static HOLDS: NodeSpec = NodeSpec {
    name: "holds",
    summary: "what it holds",
    arguments: Arguments::many("name", Kind::Name, 1),
    ..EMPTY
};

static EXTENSION: NodeSpec = NodeSpec {
    name: "extension",
    summary: "an extension of its database",
    arguments: Arguments::NAME,
    ..EMPTY
};

static ENUM: NodeSpec = NodeSpec {
    name: "enum",
    summary: "an enum: its values follow the name, or are `value` children",
    arguments: Arguments {
        fixed: &[argument("name", Kind::Name)],
        rest: Some(argument("value", Kind::Name)),
        rest_at_least: 0,
    },
    properties: &[SUMMARY, WAS],
    children: &[many(&VALUE)],
    ..EMPTY
};

static VALUE: NodeSpec = NodeSpec {
    name: "value",
    summary: "a value of an enum",
    arguments: Arguments::NAME,
    properties: &[SUMMARY, WAS],
    ..EMPTY
};

static PROJECTION: NodeSpec = NodeSpec {
    name: "projection",
    summary: "a read copy of another service's table, keyed by its topic's `id`",
    arguments: Arguments::NAME,
    properties: &[required("of", Kind::Name, "SERVICE.TABLE"), SUMMARY, WAS],
    children: &[many(&KEY), many(&CARRIES), many(&CARRY), many(&INDEX)],
    ..EMPTY
};

static KEY: NodeSpec = NodeSpec {
    name: "key",
    summary: "the name of a key column in the copy; its column is named where the `id` has several",
    arguments: Arguments { fixed: &[], rest: Some(argument("column", Kind::Name)), rest_at_least: 0 },
    properties: &[required("as", Kind::Name, "its name in the copy"), WAS],
    ..EMPTY
};

static CARRIES: NodeSpec = NodeSpec {
    name: "carries",
    summary: "columns that are taken along under their own names",
    arguments: Arguments::many("column", Kind::Name, 1),
    ..EMPTY
};

static CARRY: NodeSpec = NodeSpec {
    name: "carry",
    summary: "a column that is taken along under another name",
    arguments: Arguments::exactly(&[argument("column", Kind::Name)]),
    properties: &[required("as", Kind::Name, "its name in the copy"), WAS],
    ..EMPTY
};

static TOPIC: NodeSpec = NodeSpec {
    name: "topic",
    summary: "a Kafka topic: of the rows of a table, or of anything with `producers=all`",
    arguments: Arguments::NAME,
    flags: &[flag(
        "compact",
        "only the newest message of a key is kept, once the message is `retention-days` old; the key has to be the `id`",
    )],
    properties: &[
        optional("of", Kind::Name, "the table whose rows it tells of"),
        optional("producers", Kind::OneOf(&["all"]), "every service may publish to it"),
        optional("key", Kind::NameList, "the columns (or field) that order; default: the `id`"),
        optional(
            "id",
            Kind::NameList,
            "the columns that identify; default: the primary key without partition columns",
        ),
        optional("partitions", Kind::Whole(1, 10_000), "partitions of the topic; default: the platform's"),
        optional(
            "retention-days",
            Kind::Whole(1, 3650),
            "days that messages are kept; default: the platform's",
        ),
        optional(
            "outbox",
            Kind::OneOf(&["application", "trigger"]),
            "who writes the outbox; default application",
        ),
        SUMMARY,
        WAS,
    ],
    children: &[many(&CARRIES), many(&EVENT)],
    required_children: &["event"],
};

static EVENT: NodeSpec = NodeSpec {
    name: "event",
    summary: "an event of the topic",
    arguments: Arguments::NAME,
    properties: &[
        optional(
            "when",
            Kind::OneOf(&["created", "updated", "deleted"]),
            "what happened to a row; default: the application publishes it",
        ),
        optional("version", Kind::Whole(1, 1000), "the version of its message; default 1"),
        SUMMARY,
        WAS,
    ],
    children: &[many(&CARRIES), many(&FIELD)],
    ..EMPTY
};

static CONSUMES: NodeSpec = NodeSpec {
    name: "consumes",
    summary: "events for which people write the handler",
    arguments: Arguments::many("event", Kind::Name, 1),
    properties: &[optional("group", Kind::Name, "the consumer group; default: the service's name")],
    ..EMPTY
};

static API: NodeSpec = NodeSpec {
    name: "api",
    summary: "the RPCs that the service serves",
    children: &[many(&GET), many(&BATCH_GET), many(&EXISTS), many(&LIST), many(&RPC)],
    ..EMPTY
};

const BY: Property = optional("by", Kind::NameList, "the columns that select; default: those that identify");
const RPC_NAME: Property = optional("name", Kind::Name, "its name; default: from the entity");
const TABLE_ARGUMENT: Arguments = Arguments::exactly(&[argument("table", Kind::Name)]);

static GET: NodeSpec = NodeSpec {
    name: "get",
    summary: "serves one row",
    arguments: TABLE_ARGUMENT,
    properties: &[TIMEOUT, BY, RPC_NAME, SUMMARY, WAS],
    ..EMPTY
};

static BATCH_GET: NodeSpec = NodeSpec {
    name: "batch-get",
    summary: "serves rows by many keys",
    arguments: TABLE_ARGUMENT,
    properties: &[
        optional("max", Kind::Whole(1, 10_000), "how many keys a request may hold; default 100"),
        TIMEOUT,
        BY,
        RPC_NAME,
        SUMMARY,
        WAS,
    ],
    ..EMPTY
};

static EXISTS: NodeSpec = NodeSpec {
    name: "exists",
    summary: "tells whether a row is there",
    arguments: TABLE_ARGUMENT,
    properties: &[TIMEOUT, BY, RPC_NAME, SUMMARY, WAS],
    ..EMPTY
};

static LIST: NodeSpec = NodeSpec {
    name: "list",
    summary: "serves rows in pages",
    arguments: TABLE_ARGUMENT,
    properties: &[
        optional("by", Kind::NameList, "the columns that select; default: none, so all rows"),
        optional("order", Kind::NameList, "the columns that order, each with an optional `desc`"),
        optional("page-size", Kind::Whole(1, 10_000), "rows of a page at most; default 50"),
        TIMEOUT,
        RPC_NAME,
        SUMMARY,
        WAS,
    ],
    ..EMPTY
};

static RPC: NodeSpec = NodeSpec {
    name: "rpc",
    summary: "an RPC that is written out",
    arguments: Arguments::NAME,
    flags: &[flag("not-idempotent", "must not be sent again")],
    properties: &[
        TIMEOUT,
        optional("stream", Kind::OneOf(&["server", "client", "both"]), "which sides stream; default: none"),
        optional("version", Kind::Whole(1, 1000), "the version of its messages; default 1"),
        SUMMARY,
        WAS,
    ],
    children: &[once(&REQUEST), once(&RESPONSE)],
    ..EMPTY
};

static REQUEST: NodeSpec =
    NodeSpec { name: "request", summary: "what is sent", children: &[many(&FIELD)], ..EMPTY };
static RESPONSE: NodeSpec =
    NodeSpec { name: "response", summary: "what comes back", children: &[many(&FIELD)], ..EMPTY };

const FIELD_FLAGS: &[Flag] = &[flag("nullable", "it may be absent"), flag("repeated", "any number of them")];

static FIELD: NodeSpec = NodeSpec {
    name: "field",
    summary: "a field: of a column type, an enum, or an entity",
    arguments: Arguments::exactly(&[argument("name", Kind::Name), argument("type", Kind::Name)]),
    flags: FIELD_FLAGS,
    properties: &[SUMMARY, WAS],
    ..EMPTY
};

static CALLS: NodeSpec = NodeSpec {
    name: "calls",
    summary: "RPCs of other services or externs that it calls",
    arguments: Arguments::many("rpc", Kind::Name, 1),
    properties: &[TIMEOUT, optional("cache-seconds", Kind::Whole(1, 86_400), "how long answers are kept")],
    ..EMPTY
};

static CALLED_BY: NodeSpec = NodeSpec {
    name: "called-by",
    summary: "externs that call it",
    arguments: Arguments::many("extern", Kind::Name, 1),
    ..EMPTY
};

static LATENCY: NodeSpec = NodeSpec {
    name: "latency",
    summary: "how fast it answers",
    properties: &[required(
        "p95-ms",
        Kind::Whole(1, 3_600_000),
        "95 of 100 answers come within this, in milliseconds",
    )],
    ..EMPTY
};

static SQL: NodeSpec = NodeSpec {
    name: "sql",
    summary: "what the language cannot say: views, triggers, row security",
    arguments: Arguments::NAME,
    properties: &[
        optional("after", Kind::Name, "the table right after which it runs; default: after everything"),
        WAS,
    ],
    children: &[once(&UP), once(&DOWN)],
    required_children: &["up", "down"],
    ..EMPTY
};

static UP: NodeSpec = NodeSpec {
    name: "up",
    summary: "the statement that makes it",
    arguments: Arguments::exactly(&[argument("statement", Kind::Name)]),
    ..EMPTY
};

static DOWN: NodeSpec = NodeSpec {
    name: "down",
    summary: "the statement that removes it",
    arguments: Arguments::exactly(&[argument("statement", Kind::Name)]),
    ..EMPTY
};
