//! Keys, foreign keys, indexes and partitions: what PostgreSQL would refuse, and what it would do needlessly.

use super::{check, shown};

fn service(tables: &str) -> String {
    format!(
        "server main class=db.t3.small storage-gb=20
    service s {{
        database s on=main
        enum kind a b
        extension citext
        extension pg_trgm
        {tables}
    }}"
    )
}

#[track_caller]
fn assert_found(tables: &str, expected: &[&str]) {
    let (sources, findings) = check(&service(tables));
    let found: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(found, expected, "\n{}", shown(&sources, &findings));
}

/// A table that others point at.
const OWNER: &str = "table owner { column id bigint primary-key; column code text; column tag \"varchar(8)\"
    column label citext; column sort kind; unique code; unique tag where=\"tag <> ''\"; unique label; unique sort }\n";

/// A table that points at it by a column of some type.
fn pointing(column_type: &str, target: &str) -> String {
    format!(
        "{OWNER}table other {{ column id bigint primary-key; column at {column_type}; foreign-key at to=owner{target}; index at }}"
    )
}

#[test]
fn a_foreign_key_has_the_type_of_its_target() {
    let mismatch = ["foreign-key-type-mismatch"];
    assert_found(&pointing("bigint", ""), &[]);
    assert_found(&pointing("int8", ""), &[]);
    assert_found(&pointing("integer", ""), &mismatch);
    assert_found(&pointing("uuid", ""), &mismatch);
    assert_found(&pointing("strng", ""), &["unknown-type"]);
    assert_found(&pointing("text", ".code"), &[]);
    assert_found(&pointing("\"varchar(10)\"", ".code"), &mismatch);
    assert_found(&pointing("citext", ".label"), &[]);
    assert_found(&pointing("text", ".label"), &mismatch);
    assert_found(&pointing("kind", ".sort"), &[]);
    assert_found(&pointing("text", ".sort"), &mismatch);
}

#[test]
fn a_foreign_key_points_at_a_key() {
    let refused = ["foreign-key-target-not-unique"];
    assert_found(&pointing("\"varchar(8)\"", ".tag"), &refused);
    let two = format!(
        "{OWNER}table other {{ column id bigint primary-key; column a bigint; column b bigint
        foreign-key a b to=owner; index a b }}"
    );
    assert_found(&two, &refused);
    let keyless = "table owner { column n bigint }
        table other { column id bigint primary-key; column at bigint; foreign-key at to=owner; index at }";
    assert_found(keyless, &["table-without-primary-key", "foreign-key-target-not-unique"]);
    let pair = "table owner { column a bigint; column b bigint; primary-key a b }
        table other { column id bigint primary-key; column a bigint; column b bigint; foreign-key a b to=owner; index b a }";
    assert_found(pair, &[]);
}

/// A table whose foreign key over (a, b) is served by something, or not.
fn served_by(index: &str) -> String {
    format!("table owner {{ column a bigint; column b bigint; primary-key a b }}
        table other {{ column id bigint primary-key; column a bigint; column b bigint nullable; column c bigint
            foreign-key a b to=owner
            {index} }}")
}

#[test]
fn an_index_serves_a_foreign_key_when_it_leads_with_its_columns() {
    let missing = ["foreign-key-without-index"];
    assert_found(&served_by(""), &missing);
    for serves in [
        "index a b",
        "index b a",
        "index a b c",
        "index \"b desc\" a",
        "unique a b",
        "unique b a c",
        "index a b unique",
        "index a b where=\"b  IS NOT NULL\"",
        "unique a b where=\"a is not null\"",
    ] {
        assert_found(&served_by(serves), &[]);
    }
    for does_not in [
        "index a",
        "index a c b",
        "index c a b",
        "index a b where=\"c > 0\"",
        "unique a b where=\"c > 0\"",
        "index a b using=brin",
        "index a \"(b + 1)\" b",
        "index \"(a)\" b",
    ] {
        assert_found(&served_by(does_not), &missing);
    }
    let by_primary_key =
        served_by("").replace("column id bigint primary-key; column a", "primary-key b a; column a");
    let by_primary_key = by_primary_key.replace("column b bigint nullable", "column b bigint");
    assert_found(&by_primary_key, &[]);
}

fn indexed(indexes: &str) -> String {
    format!(
        "table t {{ column id bigint primary-key; column a bigint; column b bigint; column c text nullable; {indexes} }}"
    )
}

#[test]
fn an_index_is_redundant_when_another_begins_with_it() {
    let redundant = ["redundant-index"];
    for (one, other) in [
        ("index a", "index a b"),
        ("index a", "index a"),
        ("index a", "unique a"),
        ("index a", "unique a b"),
        ("index a", "index a unique"),
        ("index id", ""),
        ("index id a", "index id a b"),
        ("index \"a desc\"", "index a"),
        ("index \"a desc\" \"b\"", "index a \"b desc\" c"),
        ("index \"a desc\"", "index \"a desc\" b"),
        ("index a where=\"b > 0\"", "index a b where=\"b  >  0\""),
        ("index \"(a + 1)\"", "index \"(a + 1)\" b"),
        ("index a include=b", "index a b"),
        ("index a include=b", "index a include=\"b,c\""),
        ("unique a", "unique a"),
        ("unique id", ""),
        ("unique c", "unique c nulls-not-distinct"),
        ("index c unique", "unique c"),
    ] {
        assert_found(&indexed(&format!("{one}\n{other}")), &redundant);
        assert_found(&indexed(&format!("{other}\n{one}")), &redundant);
    }
}

#[test]
fn an_index_that_differs_in_anything_is_not_redundant() {
    for (one, other) in [
        ("index a", "index b a"),
        ("index a b", "index b a"),
        ("index a \"b desc\"", "index a b"),
        ("index a", "index a b where=\"b > 0\""),
        ("index a where=\"b > 1\"", "index a b where=\"b > 0\""),
        ("index \"a nulls first\"", "index a b"),
        ("index c", "index \"c text_pattern_ops\" b"),
        ("index a using=hash", "index a b"),
        ("index a include=c", "index a b"),
        ("unique a", "index a b"),
        ("unique a", "unique a b"),
        ("unique a b", "unique b a"),
        ("index \"(a + 1)\"", "index \"(a + 2)\" b"),
    ] {
        assert_found(&indexed(&format!("{one}\n{other}")), &[]);
    }
}

#[test]
fn of_two_alike_the_later_one_is_redundant() {
    let text = format!(
        "server main class=db.t3.small storage-gb=20\nservice s {{ database s on=main; {} }}",
        indexed("index a; index a; index a")
    );
    let (sources, findings) = check(&text);
    assert_eq!(findings.len(), 2, "\n{}", shown(&sources, &findings));
    let first = text.find("index a").unwrap() as u32;
    for finding in findings {
        assert!(finding.primary().unwrap().span.start > first);
        assert_eq!(finding.labels[1].place.span.start, first);
    }
}

fn partitioned(keys: &str) -> String {
    format!(
        "table t {{ column id bigint; column at timestamptz; column code text; {keys}
        partition at by=range {{ every month; from \"2026-01\" }} }}"
    )
}

#[test]
fn keys_of_a_partitioned_table_hold_what_it_is_partitioned_by() {
    let refused = "partition-key-not-in-primary-key";
    assert_found(&partitioned("primary-key id at"), &[]);
    assert_found(&partitioned("primary-key at id"), &[]);
    assert_found(&partitioned("primary-key id"), &[refused]);
    assert_found(&partitioned("primary-key id; unique code"), &[refused, refused]);
    assert_found(&partitioned("primary-key id at; unique code"), &[refused]);
    assert_found(&partitioned("primary-key id at; unique code where=\"code <> ''\""), &[refused]);
    assert_found(&partitioned("primary-key id at; unique code at"), &[]);
    assert_found(&partitioned("primary-key id at; index code unique"), &[refused]);
    assert_found(&partitioned("primary-key id at; index \"(at)\" unique"), &[refused]);
    assert_found(&partitioned("primary-key id at; index code at unique"), &[]);
    assert_found(&partitioned("primary-key id at; index code"), &[]);
    assert_found(&partitioned(""), &["table-without-primary-key"]);
    assert_found(
        "table t { column id bigint; column a bigint; primary-key id; partition a by=hash { parts 4 } }",
        &[refused],
    );
}

#[test]
fn old_partitions_may_go_where_nobody_is_told() {
    let kept =
        partitioned("primary-key id at").replace("from \"2026-01\"", "from \"2026-01\"; keep-months 3");
    assert_found(&kept, &[]);
}

#[test]
fn an_index_is_one_that_its_access_method_can_be() {
    let refused = ["unsupported-index"];
    let with = |index: &str| {
        format!(
            "table t {{ column id bigint primary-key; column a text; column j jsonb; column n json; column p point
                column k kind; column ks \"kind[]\"; column m \"bit(3)\"; column c citext; {index} }}"
        )
    };
    for index in [
        "index a \"id desc\" include=j",
        "index n using=gin",
        "index j using=gin",
        "index ks using=gin",
        "index \"a gin_trgm_ops\" using=gin",
        "index p using=gist",
        "index p using=spgist",
        "index a using=hash",
        "index k using=hash",
        "index id m using=brin",
        "index c",
        "unique k",
        "index \"(lower(a))\" using=hash",
        "index p using=gist include=a",
    ] {
        let expected = if index.contains(" n ") { &refused[..] } else { &[] };
        assert_found(&with(index), expected);
    }
    for index in [
        "index n",
        "index p",
        "unique n",
        "index n where=\"id > 0\"",
        "index m using=hash",
        "index a using=gin",
        "index k using=gin",
        "index j using=brin",
        "index a using=hash unique",
        "index \"a desc\" using=hash",
        "index \"j nulls first\" using=gin",
        "index a id using=hash",
        "index j using=gin include=id",
        "index a using=hnsw",
    ] {
        assert_found(&with(index), &refused);
    }
    let many = |count: usize, node: &str, last: &str| {
        let columns: String = (0..count).map(|number| format!("column c{number} int; ")).collect();
        let names: String = (0..count).map(|number| format!("c{number} ")).collect();
        let key = if node == "index" { "column id int primary-key;" } else { "" };
        format!("table t {{ {key} {columns} {node} {names} {last} }}")
    };
    assert_found(&many(32, "primary-key", ""), &[]);
    assert_found(&many(33, "primary-key", ""), &refused);
    assert_found(&many(32, "index", ""), &[]);
    assert_found(&many(33, "index", ""), &refused);
    assert_found(&many(31, "index", "include=id"), &[]);
    assert_found(&many(32, "index", "include=id"), &refused);
    assert_found(
        "extension btree_gin\ntable t { column id bigint primary-key; column a text; index a id using=gin }",
        &[],
    );
    assert_found(
        "extension vector\ntable t { column id bigint primary-key; column e \"vector(3)\"; index e using=hnsw }",
        &refused,
    );
    let ready =
        "table t { column id bigint primary-key; column e text; index \"e vector_l2_ops\" using=hnsw }";
    assert_found(ready, &refused);
    assert_found(&format!("extension timescaledb\n{ready}"), &[]);
    assert_found(
        "extension vector\ntable t { column id bigint primary-key; column e \"vector(3)\"; index e using=ivfflat
            index \"e vector_l2_ops\" using=hnsw }",
        &[],
    );
    let with = |extension: &str, index: &str| {
        format!(
            "{extension}\ntable t {{ column id bigint primary-key; column a text; column d jsonb; {index} }}"
        )
    };
    for (extension, index) in [
        ("", "index \"a text_pattern_ops\""),
        ("", "index \"(lower(a)) varchar_pattern_ops\""),
        ("", "index \"d jsonb_path_ops\" using=gin"),
        ("", "index \"(d -> 'tags')\" using=gin"),
        ("", "index \"(to_tsvector('english', a))\" using=gin"),
        ("", "index \"a gin_trgm_ops\" using=gin"),
        ("", "index \"(lower(a)) gist_trgm_ops\" using=gist"),
        ("extension timescaledb", "index \"a what_ops\""),
    ] {
        assert_found(&with(extension, index), &[]);
    }
    for (extension, index) in [
        ("", "index \"a text_patern_ops\""),
        ("", "index \"id text_pattern_ops\""),
        ("", "index \"(length(a)) text_pattern_ops\""),
        ("", "index \"d gin_hstore_ops\" using=gin"),
        ("", "index \"a gin_trgm_ops\" using=gist"),
        ("", "index \"d gin_trgm_ops\" using=gin"),
        ("", "index \"(lower(a))\" using=gin"),
        ("", "index \"(a::json)\""),
    ] {
        assert_found(&with(extension, index), &refused);
    }
    assert_found(
        "table t { column id money; column b bigint; primary-key id b; partition id by=hash { parts 2 } }",
        &refused,
    );
}

#[test]
fn the_mend_of_an_index_depends_on_what_asks_for_it() {
    let (other_index, other_type) = (
        "take another access method, or write an operator class behind the column",
        "take a type that PostgreSQL can compare, or other columns",
    );
    for (node, expected) in [
        ("index n", "take `jsonb` as the type"),
        ("unique n", "take `jsonb` as the type"),
        ("index n using=spgist", other_index),
        ("index p", other_index),
        ("unique p", other_type),
    ] {
        let table =
            format!("table t {{ column id bigint primary-key; column n json; column p point; {node} }}");
        let (_, findings) = check(&service(&table));
        assert_eq!(findings[0].help.as_deref(), Some(expected), "{node}");
    }
}

#[test]
fn what_an_access_method_does_not_do_is_shown_at_both_places() {
    let (sources, findings) =
        check(&service("table t { column id bigint primary-key; column a text; index a id using=hash }"));
    let shown =
        |at: usize| (sources.text(findings[0].labels[at].place), findings[0].labels[at].message.as_str());
    assert_eq!((shown(0), shown(1)), (("id", "asked for here"), ("hash", "the access method")));
}

#[test]
fn the_elements_of_a_default_are_values_too() {
    let mismatch = ["default-type-mismatch"];
    let with = |rest: &str| format!("table t {{ column id bigint primary-key; column a {rest} }}");
    assert_found(&with("\"kind[]\" default=\"{a, b}\""), &[]);
    assert_found(&with("\"kind[]\" default=\"{}\""), &[]);
    assert_found(&with("\"kind[]\" default=\"{a,NULL}\""), &[]);
    assert_found(&with("\"kind[]\" default=\"{a,c}\""), &mismatch);
    assert_found(&with("\"int[]\" default=\"{1,x}\""), &mismatch);
    assert_found(&with("\"int[]\" default=\"{1,2}\""), &[]);
}
