//! What `sql` and `names` know of PostgreSQL, asked of real servers: types, keywords, quoting, literals, automatic names.

use crate::on_every_server;
use freehold::names::{partition_index_name, sequence_name};
use freehold::sql::{self, DataType, Literal, literal_problem};

/// Spellings beside the names that the module lists itself.
#[rustfmt::skip]
const SPELLINGS: &[&str] = &[
    "varchar(255)", "VARCHAR ( 9 )", "char(3)", "character(3)", "nchar(3)", "national character varying(9)", "bpchar(5)",
    "numeric(12,2)", "numeric(12)", "decimal(3,-2)", "dec(5,5)", "float", "float(1)", "float(24)", "float(25)", "float(53)",
    "time(0)", "time(3) with time zone", "timetz(2)", "timestamp(6)", "timestamp (3) without time zone",
    "timestamp with time zone", "timestamptz(3)", "interval(2)", "interval year", "interval year to month",
    "interval day to second(3)", "interval second(1)", "interval hour to minute", "bit(8)", "bit varying(8)", "varbit(9)",
    "int[]", "int[3][3]", "int array", "text ARRAY[4]", "timestamp(3) with time zone[]", "\"char\"[]", "pg_catalog.int4",
    "pg_catalog.varchar(5)", "double   precision", "numeric(5,2)[][]", "interval day to second(3)[]",
];

/// What no column can have.
#[rustfmt::skip]
const NO_TYPES: &[&str] = &[
    "string", "varchar(0)", "varchar(10485761)", "char(0)", "numeric(0)", "numeric(1001)", "numeric(5,1001)", "float(0)",
    "float(54)", "int(11)", "text(5)", "bit(0)", "interval week", "interval day(3)", "interval month to year", "anyelement",
    "void", "record", "cstring", "unknown_type", "int unsigned", "date(3)", "double", "serial[]",
];

#[test]
fn types_are_spelt_as_format_type_does() {
    on_every_server(async |server| {
        let client = server.new_database("types").await;
        let names: Vec<&str> = sql::type_names().chain(SPELLINGS.iter().copied()).collect();
        for name in names {
            let create = format!("CREATE TABLE t (c {name})");
            client
                .batch_execute(&create)
                .await
                .unwrap_or_else(|error| panic!("{name}: {:?}", error.as_db_error()));
            let row = client.query_one(
                "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'c'",
                &[],
            );
            let expected: String = row.await.unwrap().get(0);
            client.batch_execute("DROP TABLE t").await.unwrap();
            assert_eq!(
                DataType::parse(name).map(|data_type| data_type.to_string()),
                Some(expected),
                "{name}"
            );
        }
        for name in NO_TYPES {
            assert_eq!(DataType::parse(name), None, "{name}");
            assert!(client.batch_execute(&format!("CREATE TABLE t (c {name})")).await.is_err(), "{name}");
        }
    });
}

#[test]
fn every_type_of_the_catalog_is_known() {
    on_every_server(async |server| {
        let client = server.new_database("catalog").await;
        // Left out: what only the server itself fills (statistics, parse trees, rows of indexes).
        let rows = client.query(
            "SELECT format_type(oid, -1) FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace \
             AND typtype IN ('b', 'r', 'm') AND typelem = 0 AND typrelid = 0 AND typname !~ '^(pg_(node|dep|mcv|ndis|brin|ddl)|gts)'",
            &[],
        );
        let mut known = 0;
        for row in rows.await.unwrap() {
            let name: String = row.get(0);
            assert!(DataType::parse(&name).is_some(), "{name}");
            known += 1;
        }
        assert!(known > 50, "{known}");
    });
}

#[test]
fn names_are_quoted_where_the_server_would() {
    on_every_server(async |server| {
        let client = server.new_database("keywords").await;
        let rows = client.query("SELECT word, quote_ident(word) FROM pg_get_keywords()", &[]).await.unwrap();
        let mut quoted = 0;
        for row in &rows {
            let (word, expected): (String, String) = (row.get(0), row.get(1));
            let own = sql::Identifier::new(&word).unwrap().to_string();
            // A word that is reserved in a later version only is quoted in all.
            assert!(own == expected || own == format!("\"{word}\""), "{word}");
            quoted += usize::from(own.starts_with('"'));
        }
        assert!(quoted > 140, "{quoted}");
        for name in ["a\"b", "Größe", "a b", "1a", "a$b", "a'b", "ORDER"] {
            let row = client.query_one("SELECT quote_ident($1)", &[&name]).await.unwrap();
            let expected: String = row.get(0);
            assert_eq!(sql::Identifier::new(name).unwrap().to_string(), expected);
        }
    });
}

#[test]
fn literals_come_back_as_they_were_written() {
    on_every_server(async |server| {
        let client = server.new_database("literals").await;
        for text in ["it's", "a\\'b", "x\ny", "'; DROP TABLE t; --", "$$", "E'\\n'", "é\u{2028}", ""] {
            let query = format!("SELECT {}::text", Literal::text(text));
            let row = client.query_one(&query, &[]).await.unwrap();
            assert_eq!(row.get::<_, String>(0), text);
        }
    });
}

/// Types with texts, of which some are their values.
#[rustfmt::skip]
const VALUES: &[(&str, &[&str])] = &[
    ("integer", &["5", "-5", "+5", " 5 ", "x", "1.5", "3000000000", ""]),
    ("smallint", &["32767", "32768", "-32768"]),
    ("bigint", &["9223372036854775807", "9223372036854775808"]),
    ("numeric(4,2)", &["12.50", "123.4", "99.99", "-99.99", "x", "NaN", ".5", "5.", "-.5e1", "."]),
    ("real", &["1.5", "NaN", "infinity", "+inf", ".5", "+", "x"]),
    ("boolean", &["t", "yes", "on", "of", "off", "0", "2", "maybe", "TRUE"]),
    ("date", &["2024-02-29", "2024-02-30", "today", "today allballs", "0001-02-29 BC", "soon", "infinity"]),
    ("timestamptz", &["2024-01-01 10:00:00+02", "2024-13-01", "now", "never"]),
    ("time", &["10:00", "25:00", "noon o'clock"]),
    ("interval", &["1 day", "soon", "2 weeks 3 days"]),
    ("uuid", &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "x"]),
    ("jsonb", &["{}", "{\"a\": [1, 2.5]}", "{a: 1}", "", "null"]),
    ("inet", &["10.0.0.1", "10.0.0.1/8", "10.1/16", "10/8", "10.1", "::1", "localhost"]),
    ("text[]", &["{}", "{a,b}", "a", "[1:1]={a}"]),
    ("int[]", &["{}", "{ }", "{1, 2}", "{1,x}", "{1,NULL}", "{1,,2}", "{3000000000}", "{{1},{2}}"]),
    ("macaddr", &["08:00:2b:01:02:03", "08002b010203", "08-00-2b-01-02-03", "0800.2b01.0203", "a", "08:00:2b:01:02:0g"]),
    ("macaddr8", &["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03", "08002b0102030405", "x"]),
    ("money", &["12.50", "-3", "abc", ""]),
    ("bit(3)", &["101", "10", "abc"]),
    ("int4range", &["[1,5)", "empty", "EMPTY", "1-5"]),
    ("varchar(3)", &["abc", "abcd", "abc  "]),
];

#[test]
fn texts_are_taken_for_values_of_a_type_as_the_server_does() {
    on_every_server(async |server| {
        let client = server.new_database("values").await;
        for (name, texts) in VALUES {
            let data_type = DataType::parse(name).unwrap();
            client.batch_execute(&format!("CREATE TABLE t (c {name})")).await.unwrap();
            for text in *texts {
                let literal = Literal::text(*text);
                let insert = format!("INSERT INTO t VALUES ({literal})");
                let taken = client.batch_execute(&insert).await.is_ok();
                let problem = literal_problem(&data_type, &literal);
                assert_eq!(problem.is_none(), taken, "{name} {text:?}: {problem:?}");
            }
            client.batch_execute("DROP TABLE t").await.unwrap();
        }
    });
}

#[test]
fn access_methods_take_the_types_that_the_server_has_operator_classes_for() {
    on_every_server(async |server| {
        let client = server.new_database("methods").await;
        client.batch_execute("CREATE TYPE mood AS ENUM ('a')").await.unwrap();
        let names: Vec<String> = sql::type_names().map(str::to_owned).collect();
        let arrays = names.iter().map(|name| format!("{name}[]"));
        let names: Vec<String> = names.iter().cloned().chain(arrays).collect();
        for method in ["btree", "hash", "gin", "gist", "spgist", "brin"] {
            let method = sql::access_method(method).unwrap();
            for name in &names {
                let data_type = DataType::parse(name).unwrap();
                // An array of what cannot be compared may be indexed, and then takes no second row.
                let base =
                    if data_type.is_array() && method.name != "gist" { data_type.element() } else { "" };
                let indexed = can_be_indexed(&client, method.name, name).await
                    && (base.is_empty()
                        || can_be_indexed(&client, "btree", base).await
                        || method.name == "hash")
                    && (base.is_empty()
                        || method.name != "hash"
                        || can_be_indexed(&client, "hash", base).await);
                assert_eq!(method.takes(&data_type), indexed, "{} {name}", method.name);
            }
            for (name, is_array) in [("mood", false), ("mood[]", true)] {
                let indexed = can_be_indexed(&client, method.name, name).await;
                assert_eq!(method.takes_enums(is_array), indexed, "{} {name}", method.name);
            }
        }
    });
}

async fn can_be_indexed(client: &tokio_postgres::Client, method: &str, data_type: &str) -> bool {
    let create = format!("BEGIN; CREATE TABLE t (c {data_type}); CREATE INDEX ON t USING {method} (c)");
    let is_made = client.batch_execute(&create).await.is_ok();
    client.batch_execute("ROLLBACK").await.unwrap();
    is_made
}

#[test]
fn access_methods_do_what_the_server_says_that_they_do() {
    on_every_server(async |server| {
        let client = server.new_database("properties").await;
        let rows = client.query(
            "SELECT amname::text, pg_indexam_has_property(oid, 'can_unique'), pg_indexam_has_property(oid, 'can_order'), \
             pg_indexam_has_property(oid, 'can_multi_col'), pg_indexam_has_property(oid, 'can_include') \
             FROM pg_am WHERE amtype = 'i'",
            &[],
        );
        let rows = rows.await.unwrap();
        assert_eq!(rows.len(), 6);
        for row in rows {
            let name: String = row.get(0);
            let method = sql::access_method(&name).unwrap();
            let own = (method.unique, method.ordered, method.several_columns, method.include);
            assert_eq!(own, (row.get(1), row.get(2), row.get(3), row.get(4)), "{name}");
        }
    });
}

#[test]
fn sequences_and_indexes_of_partitions_are_named_as_postgresql_names_them() {
    let names =
        ["t".to_owned(), "a".repeat(29), "b".repeat(30), "c".repeat(57), "d".repeat(63), "é".repeat(31)];
    on_every_server(async |server| {
        let client = server.new_database("names").await;
        for table in &names {
            for column in &names {
                let create = format!(
                    "CREATE TABLE whole ({column} int PRIMARY KEY, x int, UNIQUE ({column}, x)) PARTITION BY HASH ({column});
                    CREATE INDEX ON whole (x, (x + 1)) INCLUDE ({column});
                    CREATE TABLE {table} PARTITION OF whole FOR VALUES WITH (MODULUS 1, REMAINDER 0);
                    CREATE SCHEMA other; CREATE TABLE other.{table} ({column} int GENERATED BY DEFAULT AS IDENTITY)"
                );
                client.batch_execute(&create).await.unwrap();
                let found = client.query(
                    "SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                    WHERE nspname IN ('public', 'other') AND relkind IN ('i', 'S') ORDER BY relname COLLATE \"C\"",
                    &[],
                );
                let found: Vec<String> = found.await.unwrap().iter().map(|row| row.get(0)).collect();
                let index = |columns: &[&str], label| partition_index_name(table, columns, label);
                let mut expected = vec![
                    sequence_name(table, column),
                    index(&[], "pkey"),
                    index(&[column, "x"], "key"),
                    index(&["x", "expr", column], "idx"),
                ];
                expected.sort();
                assert_eq!(found, expected, "{table} {column}");
                client.batch_execute("DROP TABLE whole; DROP SCHEMA other CASCADE").await.unwrap();
            }
        }
    });
}
