//! How a table is cut into chunks: by keys that are sampled from it, so that chunks have about as many rows each,
//! however ids are spread. Integers are no exception: ids that jump would make a chunk of nearly all rows.

use super::key::{Key, qualified};
use super::query::{KEYS, ORDER, Query, where_all};
use crate::schema::ObjectName;
use crate::sql::{Literal, QualifiedName};

/// About how many pages of a table are read to find bounds.
const SAMPLED_PAGES: u32 = 2000;

/// The bounds of chunks of a table, in order. Bounds of the other side are taken in, so that neither side has a chunk that
/// is much too large.
pub(super) fn key_bounds(table: &ObjectName, key: &Key, conditions: &[String]) -> Query {
    // With its schema even where that is `public`: a table may be called as the query calls its parts.
    let name = format!("{}.{}", qualified(None, &table.schema), qualified(None, &table.name));
    let aliases: Vec<String> = (1..=key.len()).map(|number| format!("key_{number}")).collect();
    let columns = key.ordered(&key.columns(None), false);
    let selected: Vec<String> =
        columns.iter().zip(&aliases).map(|(column, alias)| format!("{column} AS {alias}")).collect();
    let order_of_rows = key.order_by(&columns, Some("$3"));
    let order_of_bounds = key.order_by(&aliases, Some("$3"));
    let text = format!(
        "WITH share AS (
    SELECT least(100, 100.0 * {SAMPLED_PAGES} * current_setting('block_size')::bigint
        / greatest(sum(pg_relation_size(relid)), 1)) AS percent
    FROM pg_partition_tree({relation}::regclass)
    WHERE isleaf
), sample AS (
    SELECT
        {selected},
        row_number() OVER (ORDER BY {order_of_rows}) AS number
    FROM {name} TABLESAMPLE SYSTEM ((SELECT percent FROM share)) REPEATABLE (0){conditions}
), bounds AS (
    SELECT {keys} FROM sample
    WHERE number % greatest(1, (SELECT round($1 * percent / 100) FROM share)::bigint) = 0
    UNION
    SELECT
        {given}
    FROM unnest(string_to_array($2, ',')) AS given (key)
)
SELECT {travelling}
FROM bounds
ORDER BY {order_of_bounds}",
        relation = Literal::text(&name),
        selected = selected.join(",\n        "),
        conditions = where_all(conditions, "    "),
        keys = aliases.join(", "),
        given = key.parsed("given.key").join(",\n        "),
        travelling = key.travelling(&aliases),
    );
    Query {
        name: "key_bounds",
        purpose: "Where chunks of the table end, from a sample of its pages.",
        parameters: vec![("bigint", "about how many rows a chunk has"), KEYS, ORDER],
        text,
    }
}

/// Which order the keys are in on this server; NULL where no key depends on a collation. Two servers that give the
/// same text, without `unknown`, have the same order.
pub(super) fn key_order(table: &ObjectName, key: &Key) -> Query {
    let names: Vec<String> = key.collated().into_iter().map(|name| Literal::text(name).to_string()).collect();
    let text = if names.is_empty() {
        "SELECT 'native'".to_owned()
    } else {
        COLLATIONS
            .replace("{relation}", &Literal::text(QualifiedName::from(table).to_string()).to_string())
            .replace("{names}", &names.join(", "))
    };
    Query {
        name: "key_order",
        purpose: "The order that keys have on this server: that of their types, or of their collations.",
        parameters: Vec::new(),
        text,
    }
}

/// The columns of the catalogs that hold a locale have other names in each of PostgreSQL 15, 16 and 17.
const COLLATIONS: &str = "SELECT string_agg(CASE
        WHEN rule.locale IN ('C', 'POSIX') OR rule.provider IN ('b', 'c') AND rule.locale ~* '^C[.]UTF-?8$' THEN 'bytes'
        ELSE coalesce(concat_ws(' ', rule.provider, rule.locale, rule.changes) || ' ' || rule.version, 'unknown')
    END, ', ' ORDER BY array_position(ARRAY[{names}]::name[], attributes.attname))
FROM pg_attribute AS attributes
JOIN pg_collation AS collations ON collations.oid = attributes.attcollation
JOIN pg_database AS databases ON databases.datname = current_database()
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN collations.collprovider = 'd' THEN databases.datlocprovider ELSE collations.collprovider END AS provider,
        CASE
            WHEN collations.collprovider = 'd' THEN coalesce(
                to_jsonb(databases) ->> 'datlocale', to_jsonb(databases) ->> 'daticulocale', databases.datcollate)
            ELSE coalesce(
                to_jsonb(collations) ->> 'colllocale', to_jsonb(collations) ->> 'colliculocale', collations.collcollate)
        END AS locale,
        CASE
            WHEN collations.collprovider = 'd' THEN to_jsonb(databases) ->> 'daticurules'
            ELSE to_jsonb(collations) ->> 'collicurules'
        END AS changes,
        pg_collation_actual_version(collations.oid) AS version
) AS rule
WHERE attributes.attrelid = {relation}::regclass AND attributes.attname = ANY (ARRAY[{names}]::name[])";
