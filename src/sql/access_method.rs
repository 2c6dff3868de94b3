//! What PostgreSQL's access methods for indexes can do, and over which types, as data.

use super::{DataType, TypeFamily};

/// An access method for indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessMethod {
    /// As `USING` takes it.
    pub name: &'static str,
    /// Takes `unique`.
    pub unique: bool,
    /// Takes `asc`, `desc` and the place of NULLs.
    pub ordered: bool,
    /// Takes more than one column.
    pub several_columns: bool,
    /// Takes `include`.
    pub include: bool,
    /// The extension that brings it.
    pub extension: Option<&'static str>,
}

const fn plain(name: &'static str, several_columns: bool, include: bool) -> AccessMethod {
    AccessMethod { name, unique: false, ordered: false, several_columns, include, extension: None }
}

const fn of_vector(name: &'static str) -> AccessMethod {
    AccessMethod { extension: Some("vector"), ..plain(name, false, false) }
}

/// `pg_indexam_has_property` of PostgreSQL 15 to 18, and of pgvector's two.
const METHODS: &[AccessMethod] = &[
    AccessMethod { unique: true, ordered: true, ..plain("btree", true, true) },
    plain("hash", false, false),
    plain("gist", true, true),
    plain("gin", true, false),
    plain("spgist", false, true),
    plain("brin", true, false),
    of_vector("hnsw"),
    of_vector("ivfflat"),
];

/// Most columns of an index, with those of `include`: `INDEX_MAX_KEYS` in PostgreSQL's `pg_config_manual.h`.
pub const MOST_INDEX_COLUMNS: usize = 32;

/// The access method of a name.
pub fn access_method(name: &str) -> Option<AccessMethod> {
    METHODS.iter().find(|method| method.name == name).copied()
}

impl AccessMethod {
    /// Whether it has a default operator class for a type, so that an index over it needs none written; from
    /// `pg_opclass` of PostgreSQL 15 to 18. An array is ordered and hashed by its elements, so these have to be too.
    pub fn takes(self, data_type: &DataType) -> bool {
        use TypeFamily as F;
        let (family, base, is_array) = (data_type.family(), data_type.base(), data_type.is_array());
        let is_range = family == F::Range && base.ends_with("range") && !base.ends_with("multirange");
        match self.name {
            "btree" => is_ordered(family, base),
            "hash" => is_hashed(family, base),
            "gin" if is_array => is_ordered(family, base),
            _ if is_array => false,
            "gin" => base == "jsonb" || base == "tsvector",
            "gist" => {
                matches!(family, F::Range | F::TextSearch)
                    || ["box", "circle", "point", "polygon"].contains(&base)
            }
            "spgist" => {
                is_range
                    || ["box", "point", "polygon", "inet", "cidr", "text", "character varying"]
                        .contains(&base)
            }
            "brin" => {
                base == "box"
                    || is_range
                    || is_ordered(family, base)
                        && !matches!(family, F::Range | F::TextSearch | F::Money | F::Json | F::Boolean)
                        && base != "xid8"
            }
            _ => false,
        }
    }

    /// Whether it has a default operator class for every enum, or for arrays of them.
    pub fn takes_enums(self, are_arrays: bool) -> bool {
        matches!(self.name, "btree" | "hash") || self.name == "gin" && are_arrays
    }
}

fn is_ordered(family: TypeFamily, base: &str) -> bool {
    match family {
        TypeFamily::Geometric | TypeFamily::Xml => false,
        TypeFamily::Json => base == "jsonb",
        TypeFamily::System => ["pg_lsn", "tid", "xid8"].contains(&base),
        _ => true,
    }
}

fn is_hashed(family: TypeFamily, base: &str) -> bool {
    match family {
        TypeFamily::Geometric | TypeFamily::Xml | TypeFamily::Bits => false,
        TypeFamily::Money | TypeFamily::TextSearch => false,
        TypeFamily::Json => base == "jsonb",
        TypeFamily::System => !["pg_snapshot", "txid_snapshot", "refcursor"].contains(&base),
        _ => true,
    }
}
