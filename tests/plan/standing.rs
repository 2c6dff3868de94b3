//! A schema with one of everything, and statements about it.

use freehold::plan::{self, PartitionBounds, Statement};
use freehold::schema::*;
use std::collections::BTreeMap;

pub fn name(table: &str) -> ObjectName {
    ObjectName::new("public", table)
}

pub fn text(expression: &str) -> Expression {
    Expression { text: expression.into(), normal_form: None }
}

pub fn column(data_type: &str) -> Column {
    Column {
        data_type: data_type.into(),
        nullable: false,
        default: None,
        identity: false,
        generated: None,
        comment: None,
    }
}

/// A table of `id bigint` with a primary key and further columns.
pub fn table(own: &str, columns: &[(&str, &str)]) -> Table {
    let mut table = Table {
        primary_key: Some(PrimaryKey { name: format!("{own}_pkey"), columns: vec!["id".into()] }),
        ..Table::default()
    };
    table.columns.insert("id".into(), column("bigint"));
    table.columns.extend(columns.iter().map(|(name, kind)| ((*name).to_owned(), column(kind))));
    table
}

pub fn create(own: &str, table: Table) -> Statement {
    Statement::CreateTable { name: name(own), table: Box::new(table) }
}

pub fn foreign_key(column: &str, target: &str, target_column: &str) -> ForeignKey {
    ForeignKey {
        columns: vec![column.into()],
        target: name(target),
        target_columns: vec![target_column.into()],
        on_delete: ForeignKeyAction::NoAction,
        on_update: ForeignKeyAction::NoAction,
        deferrable: false,
    }
}

pub fn index(columns: &[&str]) -> Index {
    let part = |column: &&str| IndexPart {
        key: IndexKey::Column((*column).to_owned()),
        descending: false,
        nulls_first: false,
        operator_class: None,
    };
    Index {
        unique: false,
        method: "btree".into(),
        parts: columns.iter().map(part).collect(),
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        comment: None,
    }
}

pub fn create_index(table: &str, own: &str, index: Index) -> Statement {
    Statement::CreateIndex { table: name(table), name: own.into(), index }
}

pub fn trigger(function: &str, events: &[TriggerEvent]) -> Trigger {
    Trigger {
        timing: TriggerTiming::Before,
        level: TriggerLevel::Row,
        events: events.to_vec(),
        function: name(function),
    }
}

pub fn partitioned(own: &str, method: PartitionMethod) -> Table {
    let partitioning = Partitioning { columns: vec!["id".into()], method };
    Table { partitioning: Some(partitioning), ..table(own, &[("other", "text")]) }
}

pub fn partition(own: &str, bounds: PartitionBounds) -> Statement {
    let table = if matches!(bounds, PartitionBounds::Hash { .. }) { "hashed" } else { "listed" };
    Statement::CreatePartition { table: name(table), name: own.into(), bounds }
}

pub fn hash(remainder: usize, modulus: usize) -> PartitionBounds {
    PartitionBounds::Hash { modulus, remainder }
}

pub fn list(values: &[&str]) -> PartitionBounds {
    PartitionBounds::List { values: values.iter().map(|value| (*value).to_owned()).collect() }
}

pub fn function(own: &str, returns: &str) -> Statement {
    Statement::CreateFunction {
        name: name(own),
        returns: returns.into(),
        settings: BTreeMap::new(),
        body: "BEGIN END".into(),
    }
}

pub fn node(after: Option<&str>) -> SqlNode {
    SqlNode { after: after.map(name), up: "CREATE VIEW v AS SELECT 1".into(), down: "DROP VIEW v".into() }
}

/// One of everything.
pub fn standing() -> Schema {
    let referring = Table {
        foreign_keys: BTreeMap::from([("posts_user_fkey".into(), foreign_key("user_id", "users", "id"))]),
        ..table("posts", &[("user_id", "bigint"), ("kind", "mood"), ("email", "citext[]"), ("slug", "text")])
    };
    let by_slug = Index { unique: true, ..index(&["slug"]) };
    let statements = [
        Statement::CreateNamespace { name: "audit".into() },
        Statement::CreateExtension { name: "citext".into() },
        Statement::CreateEnum { name: name("mood"), values: vec!["good".into()] },
        function("on_change", "trigger"),
        function("maintain", "void"),
        create("users", table("users", &[("email", "text")])),
        create("posts", referring),
        create_index("posts", "posts_slug_idx", by_slug),
        create("links", {
            let key = foreign_key("slug", "posts", "slug");
            let foreign_keys = BTreeMap::from([("links_slug_fkey".into(), key)]);
            Table { foreign_keys, ..table("links", &[("slug", "text")]) }
        }),
        Statement::CreateTrigger {
            table: name("posts"),
            name: "changes".into(),
            trigger: trigger("on_change", &[TriggerEvent::Update]),
        },
        create("hashed", partitioned("hashed", PartitionMethod::Hash { partitions: Vec::new() })),
        create("listed", partitioned("listed", PartitionMethod::List { partitions: BTreeMap::new() })),
        partition("hashed_p0", hash(0, 2)),
        partition("hashed_p1", hash(1, 2)),
        partition("listed_a", list(&["1", "2"])),
        Statement::CreateTable {
            name: ObjectName::new("audit", "logs"),
            table: Box::new(table("logs", &[("kind", "mood")])),
        },
        Statement::RunSqlNode { name: "view".into(), node: node(Some("links")) },
    ];
    let mut schema = Schema::default();
    for statement in &statements {
        plan::apply(&mut schema, statement).expect("the schema is sound");
    }
    schema
}

/// Each statement is refused with these words, also by an executor that was there from the start, and changes nothing.
pub fn assert_refused(cases: &[(Statement, &str)]) {
    let standing = standing();
    for (statement, expected) in cases {
        let mut schema = standing.clone();
        let error = plan::apply(&mut schema, statement).expect_err(&format!("{statement:?} must be refused"));
        assert_eq!(error.to_string(), *expected, "{statement:?}");
        assert_eq!(schema, standing, "{statement:?}");
    }
}
