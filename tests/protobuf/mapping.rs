//! The table of types in `docs/language.md`: every type of PostgreSQL is in it, and is on the wire what it says.

use super::compile_text;
use freehold::sql::{DataType, is_catalog_type, type_names};
use std::collections::BTreeMap;
use std::path::Path;

/// The type on the wire by the type of PostgreSQL, as the page says it.
fn stated() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
    let page = std::fs::read_to_string(path).unwrap();
    let section = page.split_once("\n## Types on the wire\n").unwrap().1;
    let section = section.split_once("\n## ").unwrap().0;
    let mut stated = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let wire = cells[1].trim_matches('`');
        for name in cells[0].split('`').skip(1).step_by(2).filter(|name| *name != "multirange") {
            assert!(stated.insert(name.to_owned(), wire.to_owned()).is_none(), "{name} stands twice");
        }
    }
    stated
}

/// What a column of each of these types is on the wire.
fn made(types: &[String]) -> BTreeMap<String, String> {
    let column = |(number, name): (usize, &String)| format!("column c{number} #\"{name}\"#; ");
    let columns: String = types.iter().enumerate().map(column).collect();
    let text = format!(
        "service s {{ extension citext; extension vector; enum mood happy sad
        table t entity=T {{ column id uuid primary-key; {columns} }}; api {{ get t }} }}"
    );
    let compiled = compile_text(&text);
    let row = compiled.pool.get_message_by_name("s.v1.T").unwrap();
    let kind = |number: usize| {
        let kind = row.get_field_by_name(&format!("c{number}")).unwrap().kind();
        match (kind.as_message(), kind.as_enum()) {
            (Some(message), _) => message.full_name().to_owned(),
            (_, Some(_)) => "an enum".to_owned(),
            _ => format!("{kind:?}"),
        }
    };
    types.iter().enumerate().map(|(number, name)| (name.clone(), kind(number))).collect()
}

#[test]
fn every_type_is_on_the_wire_what_the_page_says() {
    let stated = stated();
    let types: Vec<String> = stated.keys().cloned().collect();
    let made = made(&types);
    assert_eq!(made, stated);
}

/// Types that the page names by one of their kin.
const LIKE: [(&str, &str); 3] = [("reg", "regclass"), ("xid", "xid8"), ("pg_", "pg_lsn")];

#[test]
fn no_type_of_postgresql_is_missing() {
    let stated: BTreeMap<String, String> = stated()
        .into_iter()
        .filter_map(|(name, wire)| Some((DataType::parse(&name)?.base().to_owned(), wire)))
        .collect();
    let all: Vec<DataType> =
        type_names().map(|name| DataType::parse(name).unwrap_or_else(|| panic!("{name}"))).collect();
    let names: Vec<String> = all.iter().map(|data_type| data_type.base().to_owned()).collect();
    let made = made(&names);
    assert!(names.iter().all(|name| is_catalog_type(name) || name.contains([' ', '"'])));
    for name in names {
        let like = LIKE.iter().find(|(front, _)| name.starts_with(front)).map(|(_, like)| *like);
        let range = name.replace("multirange", "range");
        let bit = name.replace('"', "");
        let known =
            [name.as_str(), like.unwrap_or(""), &range, &bit].into_iter().find_map(|name| stated.get(name));
        let known = known.unwrap_or_else(|| {
            stated
                .get("oid")
                .filter(|_| is_system(&name))
                .unwrap_or_else(|| panic!("{name} is not on the page"))
        });
        assert_eq!(&made[&name], known, "{name}");
    }
}

/// Types that only the server itself uses: "and their like" on the page.
fn is_system(name: &str) -> bool {
    ["cid", "tid", "aclitem", "refcursor", "txid_snapshot"].contains(&name)
}
