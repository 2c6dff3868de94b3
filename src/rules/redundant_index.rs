//! Rule `redundant-index`: an index that another one already does the work of.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, Index, IndexKey, Located, Table};
use crate::source::Place;
use foldhash::{HashMap, HashMapExt};

/// PostgreSQL's limit of columns in an index (INDEX_MAX_KEYS); parts beyond it are not compared.
const MOST_PARTS: usize = 32;

/// With how many of the indexes that begin alike one is compared, so that a table of very many takes no quadratic time.
const MOST_COMPARED: usize = 100;

pub(super) const RULE: Rule = Rule {
    name: "redundant-index",
    severity: Severity::Warning,
    scope: Scope::Table,
    unsilenceable: None,
    page: "
## What it does

Reports a b-tree index over the columns with which another index, a unique key or the primary key of the table begins, in
the same order, for the same rows (`where`); and a unique key over the columns of another.

## Why it is bad

Every insert and every update writes both. The longer one answers every query that the shorter one does.

## How to mend it

Remove it. Where the shorter one is there for its size, allow it with the reason.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint primary-key
        column status text
        column placed_at timestamptz
        index status
        index status "placed_at desc"
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint primary-key
        column status text
        column placed_at timestamptz
        index status "placed_at desc"
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for table in register.tables.values() {
        check_table(table, findings);
    }
}

/// A b-tree of a table in one form, whatever node it comes from.
struct Tree<'a> {
    parts: Vec<TreePart<'a>>,
    /// `where`, with single spaces.
    predicate: String,
    /// What `include` and the parts hold, sorted.
    holds: Vec<ColumnIndex>,
    kind: Kind,
    /// Two NULLs count as the same.
    nulls_not_distinct: bool,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct TreePart<'a> {
    key: &'a IndexKey,
    descending: bool,
    nulls_first: bool,
    operator_class: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    PrimaryKey,
    Unique,
    Index,
}

fn check_table(table: &Table, findings: &mut Vec<Finding>) {
    let keys: Vec<IndexKey> = (0..table.columns.len()).map(IndexKey::Column).collect();
    let trees = trees(table, &keys);
    let mut by_start: HashMap<(&str, &[TreePart<'_>]), Vec<usize>> = HashMap::new();
    for (number, tree) in trees.iter().enumerate() {
        for length in 1..=tree.parts.len() {
            by_start.entry((&tree.predicate, &tree.parts[..length])).or_default().push(number);
        }
    }
    for (number, tree) in trees.iter().enumerate() {
        let others = by_start.get(&(tree.predicate.as_str(), tree.parts.as_slice())).into_iter().flatten();
        let mut others = others.filter(|other| **other != number).take(MOST_COMPARED);
        if let Some(other) = others.find(|other| does_the_work(&trees, **other, number)) {
            findings.push(finding(table, tree, &trees[*other]));
        }
    }
}

/// The primary key, then unique keys, then indexes: of two alike the first stays.
fn trees<'a>(table: &'a Table, keys: &'a [IndexKey]) -> Vec<Tree<'a>> {
    let of_columns = |columns: &[Located<ColumnIndex>]| {
        let part = |column: &Located<ColumnIndex>| TreePart {
            key: &keys[column.value],
            descending: false,
            nulls_first: false,
            operator_class: None,
        };
        columns.iter().map(part).take(MOST_PARTS).collect::<Vec<_>>()
    };
    let mut trees = Vec::new();
    if let Some(key) = &table.primary_key {
        trees.push(Tree::new(of_columns(&key.columns), None, &[], Kind::PrimaryKey, key.place));
    }
    for unique in &table.uniques {
        let parts = of_columns(&unique.columns);
        let mut tree = Tree::new(parts, unique.predicate.as_ref(), &[], Kind::Unique, unique.place);
        tree.nulls_not_distinct = unique.nulls_not_distinct;
        trees.push(tree);
    }
    let is_tree = |index: &&Index| index.method.as_ref().is_none_or(|method| method.as_str() == "btree");
    for index in table.indexes.iter().filter(is_tree) {
        let kind = if index.unique { Kind::Unique } else { Kind::Index };
        let parts = index.parts.iter().take(MOST_PARTS).map(|part| TreePart {
            key: &part.value.key,
            descending: part.value.descending,
            nulls_first: part.value.nulls_first.unwrap_or(part.value.descending),
            operator_class: part.value.operator_class.as_deref(),
        });
        trees.push(Tree::new(parts.collect(), index.predicate.as_ref(), &index.include, kind, index.place));
    }
    trees
}

impl<'a> Tree<'a> {
    /// A tree can be read backwards, so one that begins descending is taken the other way around.
    fn new(
        mut parts: Vec<TreePart<'a>>,
        predicate: Option<&Located<String>>,
        include: &[Located<ColumnIndex>],
        kind: Kind,
        place: Place,
    ) -> Tree<'a> {
        if parts.first().is_some_and(|part| part.descending) {
            for part in &mut parts {
                part.descending = !part.descending;
                part.nulls_first = !part.nulls_first;
            }
        }
        let words: Vec<&str> =
            predicate.map_or_else(Vec::new, |text| text.value.split_whitespace().collect());
        let of_parts = parts.iter().filter_map(|part| match part.key {
            IndexKey::Column(column) => Some(*column),
            IndexKey::Expression(_) => None,
        });
        let mut holds: Vec<ColumnIndex> = of_parts.chain(include.iter().map(|column| column.value)).collect();
        holds.sort_unstable();
        Tree { parts, predicate: words.join(" "), holds, kind, nulls_not_distinct: false, place }
    }

    fn holds_all_of(&self, other: &Tree<'_>) -> bool {
        other.holds.iter().all(|column| self.holds.binary_search(column).is_ok())
    }
}

/// Whether one tree, which begins with all parts of another, makes that one superfluous.
fn does_the_work(trees: &[Tree<'_>], one: usize, other: usize) -> bool {
    let (tree, superfluous) = (&trees[one], &trees[other]);
    let same_parts = tree.parts.len() == superfluous.parts.len();
    match superfluous.kind {
        Kind::PrimaryKey => false,
        Kind::Unique => {
            let as_strict = tree.kind == Kind::PrimaryKey
                || tree.kind == Kind::Unique && (tree.nulls_not_distinct || !superfluous.nulls_not_distinct);
            let stricter = tree.nulls_not_distinct && !superfluous.nulls_not_distinct;
            same_parts && as_strict && (stricter || one < other) && tree.holds_all_of(superfluous)
        }
        Kind::Index => {
            let alike = same_parts && tree.kind == Kind::Index && superfluous.holds_all_of(tree);
            tree.holds_all_of(superfluous) && (!alike || one < other)
        }
    }
}

fn finding(table: &Table, tree: &Tree<'_>, other: &Tree<'_>) -> Finding {
    let names: Vec<&str> = tree.parts.iter().map(|part| part_name(table, part)).collect();
    let what = |kind| match kind {
        Kind::PrimaryKey => "the primary key",
        Kind::Unique => "a unique key",
        Kind::Index => "an index",
    };
    let own = match tree.kind {
        Kind::Unique => "unique key",
        Kind::PrimaryKey | Kind::Index => "index",
    };
    let message = format!(
        "the {own} of `{}` over ({}) does nothing that {} does not do",
        table.name.value,
        names.join(", "),
        what(other.kind)
    );
    let begins =
        if other.parts.len() == tree.parts.len() { "is over the same" } else { "begins with the same" };
    RULE.finding(message).at(tree.place, "superfluous").at(other.place, begins).help("remove it")
}

fn part_name<'a>(table: &'a Table, part: &TreePart<'a>) -> &'a str {
    match part.key {
        IndexKey::Column(column) => table.columns[*column].name.as_str(),
        IndexKey::Expression(expression) => expression,
    }
}
