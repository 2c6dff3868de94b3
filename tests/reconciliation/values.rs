//! Values of every type: what is equal in two databases with different settings counts as equal, and what is not is found
//! with the name of its column.

use crate::pair::{Pair, oldest_and_newest};
use crate::run;
use crate::support::Server;
use crate::world::World;
use std::fmt::Write;

/// A column: its type, and pairs of values of owner and copy..
struct Column {
    data_type: &'static str,
    equal: &'static [[&'static str; 2]],
    different: &'static [[&'static str; 2]],
}

const fn column(
    data_type: &'static str,
    equal: &'static [[&'static str; 2]],
    different: &'static [[&'static str; 2]],
) -> Column {
    Column { data_type, equal, different }
}

/// The owner's database has citext and the enum; the copy keeps both as text.
#[rustfmt::skip]
const COLUMNS: &[Column] = &[
    column("boolean", &[["true", "yes"]], &[["true", "false"]]),
    column("smallint", &[["-32768", "-32768"]], &[["0", "1"]]),
    column("bigint", &[["9223372036854775807", "9223372036854775807"]], &[["-1", "4294967295"], ["1", "4294967296"]]),
    column("numeric", &[["1.0", "1.00"], ["NaN", "NaN"], ["-Infinity", "-Infinity"],
        ["123456789012345678901234567890123456789.000000000000000000001", "123456789012345678901234567890123456789.0000000000000000000010"]],
        &[["1.0", "1.01"], ["NaN", "Infinity"], ["-Infinity", "Infinity"], ["100", "1"]]),
    column("numeric(12,2)", &[["0", "0.00"], ["NaN", "NaN"]], &[["0", "NaN"], ["0", "0.01"]]),
    column("real", &[["-0", "0"], ["NaN", "NaN"], ["1e-45", "1e-45"]], &[["0.1", "0.10000002"]]),
    column("double precision", &[["-0", "0"], ["-Infinity", "-Infinity"], ["0.1", "0.10"], ["5e-324", "5e-324"]],
        &[["0.1", "0.10000000000000002"]]),
    column("money", &[["1.5", "1.50"]], &[["1.5", "1.51"]]),
    column("text", &[["", ""], ["näïve 🦀", "näïve 🦀"]], &[["a", "A"], ["é", "e\u{301}"], ["", " "], ["NULL", "null"]]),
    column("varchar(20)", &[["x ", "x "]], &[["x", "x "]]),
    column("char(5)", &[["ab", "ab   "]], &[["ab", "ac"]]),
    column("citext", &[["MiXed", "MiXed"]], &[["MiXed", "mixed"]]),
    column("mood", &[["so so", "so so"]], &[["so so", "happy"]]),
    column("mood[]", &[["{happy,NULL,\"so so\"}", "{happy,NULL,\"so so\"}"]], &[["{happy}", "{happy,happy}"]]),
    column("bytea", &[["\\x00ff", "\\000\\377"], ["", ""]], &[["\\x00", "\\x0000"]]),
    column("uuid", &[["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"]],
        &[["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12"]]),
    column("date", &[["infinity", "infinity"], ["4713-01-01 BC", "4713-01-01 BC"]], &[["2026-01-31", "2026-02-01"]]),
    column("time", &[["24:00", "24:00:00"]], &[["10:00", "10:00:00.000001"]]),
    column("timetz", &[["10:00+02", "10:00+02:00"]], &[["10:00+02", "08:00+00"]]),
    column("timestamp", &[["-infinity", "-infinity"], ["2026-01-31 10:00", "2026-01-31T10:00:00"]],
        &[["2026-01-31 10:00", "2026-01-31 10:00:00.000001"]]),
    column("timestamptz", &[["infinity", "infinity"], ["2026-07-01 12:00+02", "2026-07-01 10:00+00"], ["294276-12-31 23:59:59+00", "294276-12-31 23:59:59+00"]],
        &[["2026-07-01 12:00+02", "2026-07-01 12:00+00"]]),
    column("interval", &[["1 mon -2 days 3:04:05.6", "1 mon -2 days +03:04:05.600"]], &[["1 mon", "30 days"], ["1 day", "24:00"]]),
    column("json", &[[r#"{"b":[1,{"y":1.50,"x":null}],"a":"é"}"#, r#"{ "a" : "\u00e9", "b" : [1.0, {"x":null, "y":1.5}] }"#]],
        &[[r#"{"a":1}"#, r#"{"a":"1"}"#], [r#"[1,2]"#, r#"[2,1]"#], [r#"{"a":"b 1.50, c"}"#, r#"{"a":"b 1.5, c"}"#], [r#""[1.0]""#, r#""[1.00]""#], ["null", "{}"]]),
    column("jsonb", &[["10", "10.0"], ["[100, -0.10]", "[100.00, -0.1]"]], &[["10", "1"], [r#"{"a":null}"#, "{}"], ["[[1],2]", "[[1,2]]"],
        [r#"{"a":{"b":1},"c":2}"#, r#"{"a":{"b":1,"c":2}}"#], ["0", "null"], [r#"["1.0"]"#, "[1.0]"]]),
    column("text[]", &[[r#"{a,NULL,"","b,\"c"}"#, r#"{a,null,"","b,\"c"}"#], ["{}", "{}"]], &[["{a,b}", "{b,a}"], ["{NULL}", "{\"NULL\"}"], ["{{a,b},{c,d}}", "{a,b,c,d}"], ["{}", "{NULL}"]]),
    column("numeric[]", &[["{1.0,NULL,NaN}", "{1.00,NULL,NaN}"], ["{{1},{2}}", "{{1.0},{2.0}}"]], &[["{{1},{2}}", "{1,2}"], ["{1,NULL}", "{1}"], ["{}", "{NULL}"]]),
    column("double precision[]", &[["{-0,1e10}", "{0,10000000000}"]], &[["{0.1}", "{0.10000000000000002}"]]),
    column("json[]", &[[r#"{"{\"b\":1,\"a\":2}",NULL}"#, r#"{"{\"a\":2, \"b\":1}",NULL}"#]], &[[r#"{"{}"}"#, r#"{"[]"}"#]]),
    column("bit(4)", &[["1010", "1010"]], &[["1010", "1011"]]),
    column("inet", &[["10.0.0.1", "10.0.0.1/32"], ["::1", "0:0:0:0:0:0:0:1"]], &[["10.0.0.1/8", "10.0.0.1"]]),
    column("int4range", &[["[1,5]", "[1,6)"], ["empty", "(1,1)"]], &[["[1,5]", "[1,5)"]]),
    column("tsvector", &[["b a", "a b"]], &[["a", "a b"]]),
    column("point", &[["(1,2)", "(1.0,2.0)"]], &[["(1,2)", "(2,1)"]]),
];

/// Columns are called `c0`, `c1` and so on; in the copy, `d0`.
fn register() -> String {
    let mut columns = String::new();
    let mut carried = String::new();
    let mut copied = String::new();
    for (index, column) in COLUMNS.iter().enumerate() {
        let _ = write!(columns, "column c{index} {:?} nullable; ", column.data_type);
        let _ = write!(carried, " c{index}");
        let _ = write!(copied, "carry c{index} as=d{index}; ");
    }
    format!(
        "
platform shop {{ consistency percent=100 lag-seconds=1 }}
server main class=db.t3.small storage-gb=20 max-connections=300
service owner {{
    database owner on=main
    extension citext
    enum mood happy \"so so\"
    table values entity=Value {{ column id bigint; {columns} primary-key id }}
    topic owner.value of=values {{ carries{carried}; event ValueCreated when=created; event ValueUpdated when=updated; event ValueDeleted when=deleted }}
}}
service keeper {{
    database keeper on=main
    projection copied of=owner.values {{ {copied} }}
}}"
    )
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Gives each pair of values a row, numbered on, in which the other columns are NULL; tells which row is which column's.
async fn insert(world: &World, first: usize, pairs: &[(usize, [&str; 2])]) {
    for (number, (index, [own, copied])) in pairs.iter().enumerate() {
        let id = first + number;
        let (own, copied) = (text(own), text(copied));
        world.execute("owner", &format!("INSERT INTO \"values\" (id, c{index}) VALUES ({id}, {own})")).await;
        let statement =
            format!("INSERT INTO copied (id, source_version, d{index}) VALUES ({id}, 1, {copied})");
        world.execute("keeper", &statement).await;
    }
}

fn all(of: impl Fn(&'static Column) -> &'static [[&'static str; 2]]) -> Vec<(usize, [&'static str; 2])> {
    let columns = COLUMNS.iter().enumerate();
    columns.flat_map(|(index, column)| of(column).iter().map(move |pair| (index, *pair))).collect()
}

async fn prove(owner: &Server, keeper: &Server) {
    let world = World::new(&register(), |service| if service == "owner" { owner } else { keeper }).await;
    let equal = all(|column| column.equal);
    insert(&world, 1, &equal).await;
    // A row of nothing but NULL.
    world.execute("owner", "INSERT INTO \"values\" (id) VALUES (0)").await;
    world.execute("keeper", "INSERT INTO copied (id, source_version) VALUES (0, 1)").await;
    let report = world.reconcile("keeper", 7);
    assert_eq!(report.json["result"], "clean", "{}\n{:?}", report.json, equal);
    assert_eq!(report.checks()[0]["rows"].as_u64(), Some(equal.len() as u64 + 1));

    // NULL differs from every value, too, also from those that hash as it does.
    let mut different = all(|column| column.different);
    let first_null = 1000 + different.len();
    let nulls = all(|column| column.equal);
    insert(&world, 1000, &different).await;
    insert(&world, first_null, &nulls).await;
    for (number, (index, _)) in nulls.iter().enumerate() {
        let (side, table, letter) =
            if number % 2 == 0 { ("owner", "\"values\"", 'c') } else { ("keeper", "copied", 'd') };
        let id = first_null + number;
        world.execute(side, &format!("UPDATE {table} SET {letter}{index} = NULL WHERE id = {id}")).await;
    }
    different.extend(nulls);
    let report = world.reconcile("keeper", 7);
    let mut found: Vec<(u64, String)> = report.checks()[0]["first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|difference| {
            assert_eq!(difference["difference"], "different", "{difference}");
            (difference["key"][0].as_str().unwrap().parse().unwrap(), difference["columns"].to_string())
        })
        .collect();
    found.sort();
    let expected: Vec<(u64, String)> = different
        .iter()
        .enumerate()
        .map(|(number, (index, _))| (1000 + number as u64, format!("[\"d{index}\"]")))
        .collect();
    assert_eq!(found, expected, "{different:?}");
}

#[test]
fn values_of_every_type_on_one_version() {
    let newest = oldest_and_newest().1;
    let pair = Pair::on_two_servers(newest, newest);
    run(prove(pair.owner(), pair.copy()));
}

#[test]
fn values_of_every_type_across_versions() {
    let (oldest, newest) = oldest_and_newest();
    for (owner, copy) in [(oldest, newest), (newest, oldest)] {
        let pair = Pair::on_two_servers(owner, copy);
        run(prove(pair.owner(), pair.copy()));
    }
}
