//! Names of extensions: those that come with PostgreSQL, and those of others that are well known.

use super::catalog;

/// Extensions that do not come with PostgreSQL but with the packages and hosts that many use; and those of PostgreSQL that
/// are languages or go with one.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "address_standardizer", "age", "aws_commons", "aws_lambda", "aws_s3", "bool_plperl", "bool_plperlu", "citus", "columnar",
    "dict_voikko", "h3", "h3_postgis", "hll", "hstore_plperl", "hstore_plperlu", "hstore_plpython3u", "http", "hypopg", "icu_ext",
    "ip4r", "jsonb_plperl", "jsonb_plperlu", "jsonb_plpython3u", "ltree_plpython3u", "mobilitydb", "mongo_fdw", "mysql_fdw",
    "numeral", "ogr_fdw", "oracle_fdw", "orafce", "periods", "pg_bigm", "pg_cron", "pg_graphql", "pg_hint_plan", "pg_ivm",
    "pg_jsonschema", "pg_net", "pg_partman", "pg_qualstats", "pg_repack", "pg_search", "pg_similarity", "pg_squeeze",
    "pg_stat_kcache", "pg_stat_monitor", "pg_store_plans", "pg_textsearch", "pg_tle", "pg_track_settings", "pg_uuidv7",
    "pg_wait_sampling", "pgaudit", "pgjwt", "pglogical", "pgmemcache", "pgmq", "pgroonga", "pgrouting", "pgsodium", "pgtap",
    "plcoffee", "plls", "plperl", "plperlu", "plpgsql", "plpgsql_check", "plprofiler", "plpython3u", "plr", "plrust", "pltcl",
    "pltclu", "plv8", "pointcloud", "pointcloud_postgis", "postgis", "postgis_raster", "postgis_sfcgal",
    "postgis_tiger_geocoder", "postgis_topology", "prefix", "q3c", "rdkit", "rds_tools", "roaringbitmap", "rum", "semver", "set_user",
    "sqlite_fdw", "supabase_vault", "tdigest", "tds_fdw", "temporal_tables", "timescaledb", "timescaledb_toolkit", "topn",
    "unit", "vchord", "vector", "vectorscale", "wrappers",
];

/// Every extension that is known by name.
pub fn extension_names() -> impl Iterator<Item = &'static str> + Clone {
    catalog::extensions().chain(OTHERS.iter().copied())
}
