//! Random schemas that a real PostgreSQL would take, with names that need care.

use freehold::schema::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What names are made from; each gets a number.
const WORDS: [&str; 8] = ["users", "Order", "select", "a\"b", "x; DROP TABLE y; --", "é t é", "user", "it's"];
/// Types of columns that keys and indexes can be over.
const KEY_TYPES: [&str; 6] =
    ["uuid", "text", "bigint", "integer", "timestamp with time zone", "numeric(12,2)"];
/// Other types of columns.
const PLAIN_TYPES: [&str; 5] = ["jsonb", "boolean", "text[]", "bytea", "character varying(255)"];
const COMMENTS: [&str; 3] = ["plain", "it's \\ $$ quoted", "two\nlines -- and a dash"];

/// A random schema.
pub fn schemas() -> impl Strategy<Value = Schema> {
    (any::<bool>(), any::<bool>(), vec(0..WORDS.len(), 0..3), vec(tables(), 0..8), vec(any::<u8>(), 0..3))
        .prop_map(|(namespace, extension, enums, tables, nodes)| {
            build(namespace, extension, &enums, &tables, &nodes)
        })
}

#[derive(Clone, Debug)]
struct TableChoice {
    word: usize,
    in_namespace: bool,
    columns: Vec<(usize, bool, u8)>,
    identity: bool,
    foreign_keys: Vec<(usize, bool, u8)>,
    indexes: Vec<(usize, u8)>,
    unique: Option<bool>,
    check: bool,
    partitioning: u8,
    trigger: bool,
    comment: Option<usize>,
}

fn tables() -> impl Strategy<Value = TableChoice> {
    let shape = (0..WORDS.len(), any::<bool>(), vec((0..16usize, any::<bool>(), any::<u8>()), 0..6));
    let keys = (any::<bool>(), vec((any::<usize>(), any::<bool>(), any::<u8>()), 0..3));
    let rest = (vec((any::<usize>(), any::<u8>()), 0..3), option::of(any::<bool>()), any::<bool>());
    let more = (0..6u8, any::<bool>(), option::of(0..COMMENTS.len()));
    (shape, keys, rest, more).prop_map(|(shape, keys, rest, more)| TableChoice {
        word: shape.0,
        in_namespace: shape.1,
        columns: shape.2,
        identity: keys.0,
        foreign_keys: keys.1,
        indexes: rest.0,
        unique: rest.1,
        check: rest.2,
        partitioning: more.0,
        trigger: more.1,
        comment: more.2,
    })
}

fn build(namespace: bool, extension: bool, enums: &[usize], choices: &[TableChoice], nodes: &[u8]) -> Schema {
    let mut schema = Schema::default();
    if namespace {
        schema.namespaces.insert("Second place".into());
    }
    if extension {
        schema.extensions.insert("citext".into());
    }
    let mut own_types: Vec<String> = extension.then(|| "citext".to_owned()).into_iter().collect();
    for (number, word) in enums.iter().enumerate() {
        let name = ObjectName::new("public", format!("{} kind {number}", WORDS[*word]));
        own_types.push(freehold::sql::QualifiedName::from(&name).to_string());
        let values = vec!["a".to_owned(), "it's".to_owned(), format!("v{number}")];
        schema.enums.insert(name, EnumType { values, comment: comment(Some(number)) });
    }
    let names: Vec<ObjectName> = choices.iter().enumerate().map(|c| table_name(namespace, c)).collect();
    for (number, choice) in choices.iter().enumerate() {
        let table = table(&names[number], choice, &own_types);
        schema.tables.insert(names[number].clone(), table);
    }
    for (number, choice) in choices.iter().enumerate() {
        add_foreign_keys(&mut schema, &names, number, choice);
        add_trigger(&mut schema, &names[number], choice);
    }
    for (number, choice) in nodes.iter().enumerate() {
        add_sql_node(&mut schema, &names, number, *choice);
    }
    schema
}

fn table_name(namespace: bool, (number, choice): (usize, &TableChoice)) -> ObjectName {
    let schema = if namespace && choice.in_namespace { "Second place" } else { "public" };
    ObjectName::new(schema, format!("{} {number}", WORDS[choice.word]))
}

fn comment(choice: Option<usize>) -> Option<String> {
    choice.map(|number| COMMENTS[number % COMMENTS.len()].to_owned())
}

fn column(data_type: &str, nullable: bool) -> Column {
    Column {
        data_type: data_type.to_owned(),
        nullable,
        default: None,
        identity: false,
        generated: None,
        comment: None,
    }
}

/// An expression over `id`.
fn expression(text: &str) -> Expression {
    let id = |name: &str| (name == "id").then(|| "bigint".to_owned());
    freehold::sql::expression_with(text, &id).expect("a valid expression")
}

fn table(name: &ObjectName, choice: &TableChoice, own_types: &[String]) -> Table {
    let mut columns = OrderedMap::default();
    let identity = Column { identity: choice.identity, ..column("bigint", false) };
    columns.insert("id".to_owned(), identity);
    for (number, (kind, nullable, extra)) in choice.columns.iter().enumerate() {
        let types: Vec<&str> =
            KEY_TYPES.into_iter().chain(PLAIN_TYPES).chain(own_types.iter().map(String::as_str)).collect();
        let mut made = column(types[kind % types.len()], *nullable);
        if made.data_type == "text" && extra % 2 == 0 {
            made.default =
                Some(freehold::sql::default_expression("'it''s'", "text").expect("a valid default"));
        }
        if made.data_type == "bigint" && extra % 3 == 0 {
            made.generated = Some(expression("id + 1"));
        }
        made.comment = (extra % 4 == 0).then(|| comment(Some(number))).flatten();
        columns.insert(format!("{} {number}", WORDS[number % WORDS.len()]), made);
    }
    let mut table = Table { columns, comment: comment(choice.comment), ..Table::default() };
    let divided_by = add_partitioning(&mut table, &name.name, choice.partitioning);
    let mut key_columns = vec!["id".to_owned()];
    key_columns.extend(divided_by.clone());
    table.primary_key =
        Some(PrimaryKey { name: format!("{}_pkey", name.name), columns: key_columns.clone() });
    if let Some(nulls_not_distinct) = choice.unique {
        key_columns.reverse();
        // PostgreSQL drops a constraint that says what the primary key says.
        let nulls_not_distinct = nulls_not_distinct || key_columns.len() == 1;
        let unique = Unique { columns: key_columns, nulls_not_distinct };
        table.uniques.insert(format!("{}_key", name.name), unique);
    }
    if choice.check {
        let check = Check { expression: expression("id > 0 OR id IN (-1, -2)") };
        table.checks.insert("Positive\"".into(), check);
    }
    add_indexes(&mut table, &name.name, choice, divided_by.as_ref());
    table
}

/// Divides a table, by a column that it may add.
fn add_partitioning(table: &mut Table, name: &str, choice: u8) -> Option<String> {
    let (column_name, data_type, method) = match choice {
        0 => ("at", "timestamp with time zone", PartitionMethod::Range),
        1 => {
            let partitions = (0..3).map(|number| format!("{name} p{number}")).collect();
            ("id", "bigint", PartitionMethod::Hash { partitions })
        }
        2 => {
            let part = |part: &str, values: &[&str]| {
                (format!("{name} {part}"), values.iter().map(|value| (*value).to_owned()).collect())
            };
            let partitions = BTreeMap::from([part("x", &["'x'"]), part("rest", &["'y'", "'it''s'"])]);
            ("region", "text", PartitionMethod::List { partitions })
        }
        _ => return None,
    };
    if column_name != "id" {
        table.columns.insert(column_name.to_owned(), column(data_type, false));
    }
    table.partitioning = Some(Partitioning { columns: vec![column_name.to_owned()], method });
    (column_name != "id").then(|| column_name.to_owned())
}

fn add_indexes(table: &mut Table, name: &str, choice: &TableChoice, divided_by: Option<&String>) {
    let usable: Vec<String> = table
        .columns
        .iter()
        .filter(|(_, column)| KEY_TYPES.contains(&column.data_type.as_str()))
        .map(|(name, _)| name.clone())
        .collect();
    for (number, (picked, flags)) in choice.indexes.iter().enumerate() {
        let picked = usable[picked % usable.len()].clone();
        let part = |column: &str, descending| IndexPart {
            key: IndexKey::Column(column.to_owned()),
            descending,
            nulls_first: if flags & 16 == 0 { descending } else { !descending },
            operator_class: None,
        };
        let mut parts = vec![part(&picked, flags & 1 == 1)];
        let unique = flags & 2 == 2;
        let missing = divided_by.or_else(|| table.partitioning.as_ref().map(|by| &by.columns[0]));
        if let Some(column) = missing.filter(|column| unique && **column != picked) {
            parts.push(part(column, false));
        }
        if flags & 32 == 32 && !unique {
            let key = IndexKey::Expression(expression("id + 1"));
            parts.push(IndexPart { key, ..part("id", false) });
        }
        let index = Index {
            unique,
            method: "btree".into(),
            parts,
            include: if flags & 4 == 4 { vec!["id".into()] } else { Vec::new() },
            predicate: (flags & 8 == 8).then(|| expression("id > 10")),
            nulls_not_distinct: unique && flags & 64 == 64,
            comment: (flags & 128 == 128).then(|| comment(Some(number))).flatten(),
        };
        table.indexes.insert(format!("{name} idx {number}"), index);
    }
}

/// Keys to tables that come later are nullable, so that every cycle has a key that can wait.
fn add_foreign_keys(schema: &mut Schema, names: &[ObjectName], own: usize, choice: &TableChoice) {
    for (number, (picked, nullable, action)) in choice.foreign_keys.iter().enumerate() {
        let target_number = picked % names.len();
        let target = &names[target_number];
        let target_table = &schema.tables[target];
        let target_columns = target_table.primary_key.as_ref().expect("every table has one").columns.clone();
        let nullable = *nullable || target_number >= own;
        let mut columns = Vec::new();
        let mut definitions = Vec::new();
        for target_column in &target_columns {
            let name = format!("ref {number} {target_column}");
            definitions
                .push((name.clone(), column(&target_table.columns[target_column].data_type, nullable)));
            columns.push(name);
        }
        let actions = [
            ForeignKeyAction::NoAction,
            ForeignKeyAction::Restrict,
            ForeignKeyAction::Cascade,
            if nullable { ForeignKeyAction::SetNull } else { ForeignKeyAction::NoAction },
        ];
        let foreign_key = ForeignKey {
            columns,
            target: target.clone(),
            target_columns,
            on_delete: actions[usize::from(action % 4)],
            on_update: actions[usize::from(action / 4 % 4)],
            deferrable: action & 64 == 64,
        };
        let table = schema.tables.get_mut(&names[own]).expect("it was made");
        table.columns.extend(definitions);
        table.foreign_keys.insert(format!("fk {number}"), foreign_key);
    }
}

fn add_trigger(schema: &mut Schema, name: &ObjectName, choice: &TableChoice) {
    if !choice.trigger {
        return;
    }
    let function = ObjectName::new(&name.schema, format!("{} changes", name.name));
    let body = "\nBEGIN\n    -- $function$ is no end of this\n    RETURN NEW;\nEND\n".to_owned();
    let comment = comment(choice.comment);
    let settings: &[(&str, &str)] =
        if choice.identity { &[("DateStyle", "ISO, YMD"), ("application_name", "it's")] } else { &[] };
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    schema
        .functions
        .insert(function.clone(), Function { returns: "trigger".into(), settings, body, comment });
    let table = schema.tables.get_mut(name).expect("it was made");
    let events = vec![TriggerEvent::Insert, TriggerEvent::Update];
    let level = if choice.in_namespace { TriggerLevel::Statement } else { TriggerLevel::Row };
    table.triggers.insert(
        format!("{} changes", name.name),
        Trigger { timing: TriggerTiming::Before, level, events, function },
    );
}

fn add_sql_node(schema: &mut Schema, names: &[ObjectName], number: usize, choice: u8) {
    let after = names.get(usize::from(choice) % 4).cloned();
    let view = format!("view_{number}");
    let source = match &after {
        Some(table) => freehold::sql::QualifiedName::from(table).to_string(),
        None => "(VALUES (1)) AS one (id)".to_owned(),
    };
    let up = format!("CREATE VIEW {view} AS SELECT id FROM {source}");
    schema.sql_nodes.insert(view.clone(), SqlNode { after, up, down: format!("DROP VIEW {view};") });
}
