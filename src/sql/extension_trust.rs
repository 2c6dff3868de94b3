//! Which extensions the owner of a database may install by itself.

/// Extensions with `trusted = true` in their control files in PostgreSQL 15 to 18, by name. (Manual, CREATE EXTENSION:
/// one that is trusted can be installed by whoever has CREATE on the database, any other only by a superuser.)
#[rustfmt::skip]
const TRUSTED: &[&str] = &[
    "bool_plperl", "btree_gin", "btree_gist", "citext", "cube", "dict_int", "fuzzystrmatch", "hstore",
    "intarray", "isn", "jsonb_plperl", "lo", "ltree", "pg_trgm", "pgcrypto", "plperl", "pltcl", "seg",
    "tablefunc", "tcn", "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp",
];

/// Whether the owner of a database may install an extension. The administrator installs the others.
pub fn is_trusted_extension(extension: &str) -> bool {
    TRUSTED.contains(&extension)
}
