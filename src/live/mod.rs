//! Real databases: the catalogs of a PostgreSQL server, read into a schema. The only user of tokio-postgres.
