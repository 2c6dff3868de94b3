//! The types that PostgreSQL 15 to 18 have built in, as data.

/// What a type's values are like: which literals it takes, which types it may be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TypeFamily {
    /// `smallint`, `integer`, `bigint`.
    Integer,
    /// `numeric`.
    Decimal,
    /// `real`, `double precision`.
    Float,
    /// `money`.
    Money,
    /// `text`, `character varying`, `character`, `name`, `"char"`.
    Text,
    /// `bytea`.
    Bytes,
    /// `boolean`.
    Boolean,
    /// `date`.
    Date,
    /// `time`, with and without time zone.
    Time,
    /// `timestamp`, with and without time zone.
    Timestamp,
    /// `interval`.
    Interval,
    /// `uuid`.
    Uuid,
    /// `json`, `jsonb`, `jsonpath`.
    Json,
    /// `bit`, `bit varying`.
    Bits,
    /// `inet`, `cidr`, `macaddr`, `macaddr8`.
    Network,
    /// `point` and the like.
    Geometric,
    /// Ranges and multiranges.
    Range,
    /// `tsvector`, `tsquery`.
    TextSearch,
    /// `xml`.
    Xml,
    /// `oid`, `regclass` and the like.
    ObjectIdentifier,
    /// What the server itself uses: `pg_lsn`, `xid8` and the like.
    System,
}

/// Which modifiers a type takes after its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modifiers {
    /// None.
    None,
    /// A length up to a limit, and what a missing one means.
    Length { limit: u32, default: Option<u32> },
    /// A precision from 1 to 1000 and a scale from -1000 to 1000.
    Decimal,
    /// Digits of a second from 0 to 6; written before the suffix.
    Seconds { suffix: &'static str },
    /// Fields and digits of a second.
    Interval,
}

/// A built-in type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BuiltinType {
    /// The name that `format_type` begins with.
    pub name: &'static str,
    /// Other names, and the catalog's name.
    pub aliases: &'static [&'static str],
    pub family: TypeFamily,
    pub modifiers: Modifiers,
}

const fn plain(name: &'static str, aliases: &'static [&'static str], family: TypeFamily) -> BuiltinType {
    BuiltinType { name, aliases, family, modifiers: Modifiers::None }
}

const fn with(
    name: &'static str,
    aliases: &'static [&'static str],
    family: TypeFamily,
    modifiers: Modifiers,
) -> BuiltinType {
    BuiltinType { name, aliases, family, modifiers }
}

/// Longest `character` and `character varying`: `MaxAttrSize` in PostgreSQL's `htup_details.h`.
const LONGEST_TEXT: u32 = 10 * 1024 * 1024;
/// Longest `bit` and `bit varying`: that many bytes of eight bits.
const LONGEST_BITS: u32 = LONGEST_TEXT * 8;

use TypeFamily as F;

/// Every type that a column can have. PostgreSQL manual, chapter "Data Types".
pub(super) const TYPES: &[BuiltinType] = &[
    plain("smallint", &["int2"], F::Integer),
    plain("integer", &["int", "int4"], F::Integer),
    plain("bigint", &["int8"], F::Integer),
    with("numeric", &["decimal", "dec"], F::Decimal, Modifiers::Decimal),
    plain("real", &["float4"], F::Float),
    plain("double precision", &["float8"], F::Float),
    plain("money", &[], F::Money),
    plain("text", &[], F::Text),
    with(
        "character varying",
        &["varchar", "char varying", "nchar varying", "national character varying", "national char varying"],
        F::Text,
        Modifiers::Length { limit: LONGEST_TEXT, default: None },
    ),
    with(
        "character",
        &["char", "nchar", "national character", "national char"],
        F::Text,
        Modifiers::Length { limit: LONGEST_TEXT, default: Some(1) },
    ),
    with("bpchar", &[], F::Text, Modifiers::Length { limit: LONGEST_TEXT, default: None }),
    plain("\"char\"", &[], F::Text),
    plain("name", &[], F::Text),
    plain("bytea", &[], F::Bytes),
    plain("boolean", &["bool"], F::Boolean),
    plain("date", &[], F::Date),
    with("time without time zone", &["time"], F::Time, Modifiers::Seconds { suffix: " without time zone" }),
    with("time with time zone", &["timetz"], F::Time, Modifiers::Seconds { suffix: " with time zone" }),
    with(
        "timestamp without time zone",
        &["timestamp"],
        F::Timestamp,
        Modifiers::Seconds { suffix: " without time zone" },
    ),
    with(
        "timestamp with time zone",
        &["timestamptz"],
        F::Timestamp,
        Modifiers::Seconds { suffix: " with time zone" },
    ),
    with("interval", &[], F::Interval, Modifiers::Interval),
    plain("uuid", &[], F::Uuid),
    plain("json", &[], F::Json),
    plain("jsonb", &[], F::Json),
    plain("jsonpath", &[], F::Json),
    with("bit", &[], F::Bits, Modifiers::Length { limit: LONGEST_BITS, default: Some(1) }),
    // The catalog's own type, of any length: `bit` alone means `bit(1)`.
    plain("\"bit\"", &[], F::Bits),
    with("bit varying", &["varbit"], F::Bits, Modifiers::Length { limit: LONGEST_BITS, default: None }),
    plain("inet", &[], F::Network),
    plain("cidr", &[], F::Network),
    plain("macaddr", &[], F::Network),
    plain("macaddr8", &[], F::Network),
    plain("point", &[], F::Geometric),
    plain("line", &[], F::Geometric),
    plain("lseg", &[], F::Geometric),
    plain("box", &[], F::Geometric),
    plain("path", &[], F::Geometric),
    plain("polygon", &[], F::Geometric),
    plain("circle", &[], F::Geometric),
    plain("int4range", &[], F::Range),
    plain("int8range", &[], F::Range),
    plain("numrange", &[], F::Range),
    plain("tsrange", &[], F::Range),
    plain("tstzrange", &[], F::Range),
    plain("daterange", &[], F::Range),
    plain("int4multirange", &[], F::Range),
    plain("int8multirange", &[], F::Range),
    plain("nummultirange", &[], F::Range),
    plain("tsmultirange", &[], F::Range),
    plain("tstzmultirange", &[], F::Range),
    plain("datemultirange", &[], F::Range),
    plain("tsvector", &[], F::TextSearch),
    plain("tsquery", &[], F::TextSearch),
    plain("xml", &[], F::Xml),
    plain("oid", &[], F::ObjectIdentifier),
    plain("regclass", &[], F::ObjectIdentifier),
    plain("regcollation", &[], F::ObjectIdentifier),
    plain("regconfig", &[], F::ObjectIdentifier),
    plain("regdictionary", &[], F::ObjectIdentifier),
    plain("regnamespace", &[], F::ObjectIdentifier),
    plain("regoper", &[], F::ObjectIdentifier),
    plain("regoperator", &[], F::ObjectIdentifier),
    plain("regproc", &[], F::ObjectIdentifier),
    plain("regprocedure", &[], F::ObjectIdentifier),
    plain("regrole", &[], F::ObjectIdentifier),
    plain("regtype", &[], F::ObjectIdentifier),
    plain("pg_lsn", &[], F::System),
    plain("pg_snapshot", &[], F::System),
    plain("txid_snapshot", &[], F::System),
    plain("refcursor", &[], F::System),
    plain("aclitem", &[], F::System),
    plain("cid", &[], F::System),
    plain("tid", &[], F::System),
    plain("xid", &[], F::System),
    plain("xid8", &[], F::System),
];
