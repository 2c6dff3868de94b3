//! How tables are divided.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    ColumnIndex, ColumnType, DefaultValue, ListPart, Located, Partition, PartitionInterval, PartitionMethod,
    RangePartitions, TableId,
};
use crate::semantic::read::Reader;
use crate::semantic::suggest::nearest;
use crate::semantic::wording::shown;
use crate::source::Place;
use crate::sql::TypeFamily;
use foldhash::{HashMap, HashMapExt};

impl Resolver<'_> {
    pub(super) fn partition(&mut self, table: TableId, reader: Reader<'_>) {
        let Some(node) = reader.child("partition") else { return };
        let columns = self.columns(table, &node.arguments_from(0));
        let Some(by) = node.text("by") else { return };
        self.foreign_parts(node, by.as_str());
        let method = match by.as_str() {
            "range" => self.range_partitions(node),
            "hash" => self.hash_partitions(node),
            _ => {
                let column = columns.first().map(|column| &self.register.tables[table].columns[column.value]);
                let column_type = column.map(|column| column.data_type.value.clone());
                self.list_partitions(node, column_type.as_ref())
            }
        };
        let single = by.as_str() == "hash" || columns.len() <= 1;
        if !single {
            self.findings.push(
                Finding::error("wrong-argument", format!("`by={}` goes by one column", by.value))
                    .at(node.node.head_place(), "several columns")
                    .help("name the one column that divides; only `by=hash` takes several"),
            );
            return;
        }
        for column in &columns {
            self.dividing_column(table, column, by.as_str());
        }
        if let (Some(method), false) = (method, columns.is_empty()) {
            self.register.tables[table].partition =
                Some(Partition { columns, method, place: node.node.place() });
        }
    }

    /// PostgreSQL divides by no generated column, and ranges here are of time.
    fn dividing_column(&mut self, table: TableId, column: &Located<ColumnIndex>, by: &str) {
        let definition = &self.register.tables[table].columns[column.value];
        let is_time = match &definition.data_type.value {
            ColumnType::Builtin(builtin) => {
                matches!(builtin.family(), TypeFamily::Date | TypeFamily::Timestamp) && !builtin.is_array()
            }
            ColumnType::Unknown(_) => true, // reported as such
            ColumnType::Enum(..) | ColumnType::Extension(_) => false,
        };
        let name = shown(definition.name.as_str());
        let finding = if let Some(generated) = &definition.generated_sql {
            Finding::error("contradiction", format!("the generated column `{name}` cannot divide a table"))
                .at(column.place, "divides the table")
                .at(generated.place, "generated here")
                .help("divide by a column that rows bring along")
        } else if by == "range" && !is_time {
            Finding::error(
                "contradiction",
                format!("`by=range` divides by time, which `{name}` does not hold"),
            )
            .at(column.place, "divides the table")
            .at(definition.data_type.place, "the type")
            .help("divide by a `date`, `timestamp` or `timestamptz`, or take `by=hash`")
        } else {
            return;
        };
        self.findings.push(finding);
    }

    /// Children that belong to another way of dividing.
    fn foreign_parts(&mut self, node: Reader<'_>, by: &str) {
        for child in node.children() {
            let belongs = match child.spec.name {
                "every" | "from" | "ahead" | "keep-months" => "range",
                "parts" => "hash",
                "part" => "list",
                _ => continue,
            };
            if belongs != by {
                let what = format!("`{}` belongs to `by={belongs}`", child.spec.name);
                self.findings.push(
                    Finding::error("contradiction", what)
                        .at(child.node.name_place(), format!("not with `by={by}`"))
                        .at(node.node.head_place(), "divided here")
                        .help("take it out, or divide the table in that way"),
                );
            }
        }
    }

    fn missing_part(&mut self, node: Reader<'_>, name: &str, by: &str) {
        if node.node.children().any(|child| nearest(child.name(), [name]).is_some()) {
            return; // one that could not be read was reported
        }
        self.findings.push(
            Finding::error("missing-node", format!("`partition by={by}` needs `{name}`"))
                .at(node.node.head_place(), format!("`{name}` is missing"))
                .help(format!("add `{name}` in the braces of `partition`")),
        );
    }

    fn range_partitions(&mut self, node: Reader<'_>) -> Option<PartitionMethod> {
        let (every, from) = (node.child("every"), node.child("from"));
        if every.is_none() {
            self.missing_part(node, "every", "range");
        }
        if from.is_none() {
            self.missing_part(node, "from", "range");
        }
        let every = match every?.argument(0)?.as_str() {
            "day" => PartitionInterval::Day,
            "month" => PartitionInterval::Month,
            _ => PartitionInterval::Year,
        };
        let from = from?.date_argument(0)?;
        if from.value.year() < 1 {
            self.findings.push(
                Finding::error("wrong-value", "the first partition begins in a year from 1 to 9999")
                    .at(from.place, "PostgreSQL has no such year")
                    .help("write the year of the oldest row, such as `from \"2025\"`"),
            );
            return None;
        }
        let on_boundary = match every {
            PartitionInterval::Day => true,
            PartitionInterval::Month => from.value.day() == 1,
            PartitionInterval::Year => from.value.day() == 1 && from.value.month() == 1,
        };
        if !on_boundary {
            self.findings.push(
                Finding::error("wrong-value", "the first partition has to begin where its interval does")
                    .at(from.place, "in the middle of an interval")
                    .help("write the first day of a month or year, such as `from \"2025-11\"`"),
            );
            return None;
        }
        Some(PartitionMethod::Range(RangePartitions {
            every,
            from: from.value,
            ahead: node.child("ahead").and_then(|n| n.whole_argument(0)).map_or(3, |n| n.value),
            keep_months: node.child("keep-months").and_then(|n| n.whole_argument(0)),
        }))
    }

    fn hash_partitions(&mut self, node: Reader<'_>) -> Option<PartitionMethod> {
        let Some(parts) = node.child("parts") else {
            self.missing_part(node, "parts", "hash");
            return None;
        };
        Some(PartitionMethod::Hash(parts.whole_argument(0)?.value))
    }

    fn list_partitions(
        &mut self,
        node: Reader<'_>,
        column_type: Option<&ColumnType>,
    ) -> Option<PartitionMethod> {
        let mut parts: Vec<ListPart> = Vec::new();
        let mut first_names: HashMap<String, Place> = HashMap::new();
        let mut first_values: HashMap<String, Place> = HashMap::new();
        for child in node.children_named("part") {
            let Some(name) = child.argument(0) else { continue };
            if let Some(first) = first_names.get(name.as_str()) {
                self.duplicate("parts", &name, *first);
                continue;
            }
            first_names.insert(name.value.clone(), name.place);
            let values = child.literals_from(1);
            for value in &values {
                let text = Located::new(value_text(&value.value), value.place);
                let same = match value.value {
                    DefaultValue::Null => "NULL".to_owned(),
                    _ => format!("={}", equal_values(column_type, text.as_str())),
                };
                match first_values.get(&same) {
                    Some(first) => self.named_twice("value", &text, *first),
                    None => {
                        first_values.insert(same, value.place);
                    }
                }
            }
            parts.push(ListPart { name, values });
        }
        if parts.is_empty() {
            self.missing_part(node, "part", "list");
            return None;
        }
        Some(PartitionMethod::List(parts))
    }
}

/// A value as text: a column takes `1` and `"1"` for the same.
fn value_text(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Text(text) | DefaultValue::Number(text) => text.clone(),
        DefaultValue::Boolean(value) => value.to_string(),
        DefaultValue::Null => "NULL".to_owned(),
    }
}

/// One spelling for values that a column of the type takes for equal, as far as it is known here.
fn equal_values(column_type: Option<&ColumnType>, text: &str) -> String {
    let data_type = match column_type {
        Some(ColumnType::Builtin(data_type)) if !data_type.is_array() => data_type,
        Some(ColumnType::Extension(name)) if name == "citext" => return text.to_lowercase(),
        _ => return text.to_owned(),
    };
    let lower = text.trim().to_ascii_lowercase();
    match data_type.family() {
        TypeFamily::Boolean => {
            let is_true = lower == "1" || lower == "on" || lower.starts_with(['t', 'y']);
            is_true.to_string()
        }
        TypeFamily::Uuid => lower.replace(['-', '{', '}'], ""),
        TypeFamily::Date => lower.replace('-', ""),
        TypeFamily::Integer | TypeFamily::Decimal => equal_numbers(&lower),
        TypeFamily::Text if data_type.base() == "character" => text.trim_end_matches(' ').to_owned(),
        _ => text.to_owned(),
    }
}

/// A number without needless signs and zeros.
fn equal_numbers(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return text.to_owned();
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    match (whole, fraction) {
        ("", "") => "0".to_owned(),
        _ => format!("{sign}{whole}.{fraction}"),
    }
}
