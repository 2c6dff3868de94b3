//! The tables below `src/sql/catalog` against the catalogs of real servers. With `UPDATE_CATALOG=1` the files get what the
//! servers say, which takes servers 15 and 18 with every extension that the files speak of.
#![expect(
    clippy::disallowed_methods,
    reason = "the variable says whether to rewrite the files, which are read"
)]

use crate::support::{Server, installations};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tokio_postgres::Client;

/// A file, its heading, and the query for its lines. The first column of the query is the catalog's own name and the
/// object's number, from which the extension follows; the second is the line.
struct Table {
    file: &'static str,
    heading: &'static str,
    query: &'static str,
}

const TABLES: [Table; 5] = [
    Table {
        file: "types.tsv",
        heading: "name, category (* preferred), kind (c collatable, s subscripted), volatility of input and output, element, range's subtype",
        query: "SELECT 'pg_type', t.oid, concat_ws(E'\\t', t.typname, \
                    t.typcategory::text || CASE WHEN t.typispreferred THEN '*' ELSE '' END, t.typtype::text || CASE WHEN t.typcollation = 0 THEN '' ELSE 'c' END \
                        || CASE WHEN t.typsubscript = 0 THEN '' ELSE 's' END, \
                    coalesce(i.provolatile::text, '-') || coalesce(o.provolatile::text, '-'), \
                    CASE WHEN t.typelem = 0 THEN '-' ELSE (SELECT e.typname FROM pg_type e WHERE e.oid = t.typelem) END, \
                    coalesce((SELECT s.typname FROM pg_range r JOIN pg_type s ON s.oid = r.rngsubtype \
                        WHERE r.rngtypid = t.oid), \
                        (SELECT s.typname FROM pg_range r JOIN pg_type s ON s.oid = r.rngtypid \
                        WHERE r.rngmultitypid = t.oid), '-')) \
                FROM pg_type t LEFT JOIN pg_proc i ON i.oid = t.typinput LEFT JOIN pg_proc o ON o.oid = t.typoutput \
                WHERE t.typtype <> 'c' AND NOT (t.typcategory = 'A' AND t.typname ~ '^_') AND t.typrelid = 0 \
                    AND t.typnamespace <> 'information_schema'::regnamespace",
    },
    Table {
        file: "functions.tsv",
        heading: "name, arguments (... variadic), how many have defaults, result, volatility and kind (f function, a aggregate, w window, p procedure; s set, q SQL)",
        query: "SELECT 'pg_proc', p.oid, concat_ws(E'\\t', p.proname, \
                    array_to_string(ARRAY(SELECT t.typname FROM unnest(p.proargtypes) WITH ORDINALITY a(type, number) \
                        JOIN pg_type t ON t.oid = a.type ORDER BY number), ' ') \
                        || CASE WHEN p.provariadic = 0 THEN '' ELSE '...' END, \
                    p.pronargdefaults::text, r.typname, \
                    p.provolatile::text || p.prokind::text || CASE WHEN p.proretset THEN 's' ELSE '' END \
                        || CASE WHEN l.lanname = 'sql' THEN 'q' ELSE '' END) \
                FROM pg_proc p JOIN pg_type r ON r.oid = p.prorettype JOIN pg_language l ON l.oid = p.prolang \
                WHERE NOT 'internal'::regtype = ANY (p.proargtypes) \
                    AND p.pronamespace <> 'information_schema'::regnamespace",
    },
    Table {
        file: "operators.tsv",
        heading: "name, left operand (- none), right operand, result, volatility of the function behind it (q: SQL)",
        query: "SELECT 'pg_operator', o.oid, concat_ws(E'\\t', o.oprname, coalesce(l.typname, '-'), r.typname, t.typname, \
                    p.provolatile::text || CASE WHEN a.lanname = 'sql' THEN 'q' ELSE '' END) \
                FROM pg_operator o LEFT JOIN pg_type l ON l.oid = o.oprleft JOIN pg_type r ON r.oid = o.oprright \
                JOIN pg_type t ON t.oid = o.oprresult JOIN pg_proc p ON p.oid = o.oprcode \
                JOIN pg_language a ON a.oid = p.prolang",
    },
    Table {
        file: "casts.tsv",
        heading: "source, target, context (i implicit, a assignment, e explicit), method (f function, b binary, i input and output), volatility",
        query: "SELECT 'pg_cast', c.oid, concat_ws(E'\\t', s.typname, t.typname, c.castcontext::text, c.castmethod::text, \
                    coalesce(p.provolatile::text, '-')) \
                FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource JOIN pg_type t ON t.oid = c.casttarget \
                LEFT JOIN pg_proc p ON p.oid = c.castfunc",
    },
    Table {
        file: "operator_classes.tsv",
        heading: "access method, name, type, d where it is the default",
        query: "SELECT 'pg_opclass', o.oid, concat_ws(E'\\t', a.amname, o.opcname, t.typname, \
                    CASE WHEN o.opcdefault THEN 'd' ELSE '-' END) \
                FROM pg_opclass o JOIN pg_am a ON a.oid = o.opcmethod JOIN pg_type t ON t.oid = o.opcintype",
    },
];

/// What the files are made from: a rewrite on other servers would lose what these two know.
const MAJORS: [&str; 2] = ["15", "18"];

/// Lines by section. A section is the core, `pg_catalog`, or an extension.
type Sections = BTreeMap<String, BTreeSet<String>>;

fn path(table: &Table) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sql/catalog").join(table.file)
}

/// Makes every extension that the server has; gives their names. Languages and their kin are no part of expressions.
async fn make_extensions(client: &Client) -> BTreeSet<String> {
    let rows = client.query("SELECT name::text FROM pg_available_extensions", &[]).await.unwrap();
    let mut made = BTreeSet::new();
    for name in rows.iter().map(|row| row.get::<_, String>(0)).filter(|name| !name.contains("pl")) {
        client
            .batch_execute(&format!("CREATE EXTENSION IF NOT EXISTS \"{name}\" CASCADE"))
            .await
            .unwrap_or_else(|error| panic!("{name}: {:?}", error.as_db_error()));
        made.insert(name);
    }
    made
}

async fn sections(client: &Client, table: &Table) -> Sections {
    let query = format!(
        "SELECT coalesce(e.extname::text, 'pg_catalog'), q.line FROM ({}) q (catalog, oid, line) \
         LEFT JOIN pg_depend d ON d.classid = q.catalog::regclass AND d.objid = q.oid AND d.deptype = 'e' \
         LEFT JOIN pg_extension e ON e.oid = d.refobjid",
        table.query
    );
    let mut sections = Sections::new();
    for row in client.query(&query, &[]).await.unwrap() {
        sections.entry(row.get(0)).or_default().insert(row.get(1));
    }
    sections.remove("plpgsql");
    sections
}

/// What one server says of every table, and the extensions that it has.
struct Said {
    major: String,
    extensions: BTreeSet<String>,
    tables: Vec<Sections>,
}

fn ask_every_server() -> Vec<Said> {
    let ask = |installation| {
        let server = Server::start(installation);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = server.new_database("catalog_data").await;
            let extensions = make_extensions(&client).await;
            let mut tables = Vec::new();
            for table in &TABLES {
                tables.push(sections(&client, table).await);
            }
            let major = installation.version.split('.').next().unwrap_or_default().to_owned();
            Said { major, extensions, tables }
        })
    };
    installations().iter().map(ask).collect()
}

/// The text of a file: a line that holds for one major only ends in it, a section that one server lacks is headed
/// by the major of the one that has it.
fn written(said: &[Said], number: usize) -> String {
    let mut text = format!(
        "# {}; a major where only that one has it. Made by tests/postgres/catalog_data.rs.\n",
        TABLES[number].heading
    );
    let names: BTreeSet<&String> = said.iter().flat_map(|one| one.extensions.iter()).collect();
    let core = "pg_catalog".to_owned();
    for name in std::iter::once(&core).chain(names) {
        let has = |one: &&Said| *name == core || one.extensions.contains(name);
        let servers: Vec<&Said> = said.iter().filter(has).collect();
        let lines: BTreeSet<&String> =
            servers.iter().filter_map(|one| one.tables[number].get(name)).flatten().collect();
        let only = if servers.len() == 1 { format!(" {}", servers[0].major) } else { String::new() };
        // Extensions without anything are told by the file of functions alone.
        if lines.is_empty() && TABLES[number].file != "functions.tsv" {
            continue;
        }
        text += &format!("[{name}]{only}\n");
        for line in lines {
            let holders: Vec<&str> = servers
                .iter()
                .filter(|one| one.tables[number].get(name).is_some_and(|lines| lines.contains(line)))
                .map(|one| one.major.as_str())
                .collect();
            let only =
                if holders.len() < servers.len() { format!("\t{}", holders[0]) } else { String::new() };
            text += &format!("{line}{only}\n");
        }
    }
    text
}

/// The lines of a file that hold for a major, by section. Sections that only the other has are left out.
fn of_major(text: &str, major: &str) -> Sections {
    let mut sections = Sections::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        if let Some((name, only)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            current = (only.is_empty() || only.trim() == major).then(|| name.to_owned());
            continue;
        }
        let Some(section) = &current else { continue };
        let (front, last) = line.rsplit_once('\t').unwrap_or((line, ""));
        let is_marked = MAJORS.contains(&last);
        if !is_marked || last == major {
            let line = if is_marked { front } else { line };
            sections.entry(section.clone()).or_default().insert(line.to_owned());
        }
    }
    sections
}

/// What differs for one server; of extensions, those that the server has.
fn differences(said: &Said, table: usize, text: &str) -> Vec<String> {
    let file = of_major(text, &said.major);
    let mut differences = Vec::new();
    for (section, found) in &said.tables[table] {
        let empty = BTreeSet::new();
        let lines = file.get(section).unwrap_or(&empty);
        let missing = found.difference(lines).map(|line| format!("+ [{section}] {line}"));
        differences.extend(missing);
        differences.extend(lines.difference(found).map(|line| format!("- [{section}] {line}")));
    }
    differences
}

#[test]
fn the_tables_of_the_catalog_are_those_of_the_servers() {
    let said = ask_every_server();
    let is_update = std::env::var_os("UPDATE_CATALOG").is_some();
    if is_update {
        assert_eq!(said.iter().map(|one| one.major.as_str()).collect::<Vec<_>>(), MAJORS);
    }
    for (number, table) in TABLES.iter().enumerate() {
        if is_update {
            std::fs::write(path(table), written(&said, number)).unwrap();
        }
        let text = std::fs::read_to_string(path(table)).unwrap();
        let mut compared = 0;
        for one in said.iter().filter(|one| MAJORS.contains(&one.major.as_str())) {
            let differences = differences(one, number, &text);
            let shown = differences.iter().take(30).cloned().collect::<Vec<_>>().join("\n");
            assert!(
                differences.is_empty(),
                "{} on PostgreSQL {} (`UPDATE_CATALOG=1` rewrites it):\n{shown}",
                table.file,
                one.major
            );
            compared += 1;
        }
        assert!(compared > 0, "neither of PostgreSQL {} is here", MAJORS.join(" and "));
    }
}

#[test]
fn a_line_too_few_and_one_too_many_are_found() {
    let mut said = Said { major: "15".to_owned(), extensions: BTreeSet::new(), tables: Vec::new() };
    let lines = ["a\tint4", "b\tint4"].map(str::to_owned).into_iter().collect();
    said.tables.push(Sections::from([("pg_catalog".to_owned(), lines)]));
    let file = "# heading\n[pg_catalog]\na\tint4\nc\tint4\t15\nd\tint4\t18\n[vector] 18\nz\n";
    assert_eq!(differences(&said, 0, file), ["+ [pg_catalog] b\tint4", "- [pg_catalog] c\tint4"]);
}
