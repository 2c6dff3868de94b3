//! Keys: how rows of two servers are matched, how the keys are cut into ranges, and how a key travels between servers.
//!
//! A key travels as the hexadecimal digits of a JSON array of texts, so that whatever it holds is a plain word to
//! everything between the two servers.

use super::form::Form;
use super::query::list;
use crate::semantic::model::{ColumnType, Table};
use crate::sql::{TypeFamily, write_identifier};

/// What a range of keys is in the order of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Order {
    /// The type's own order, which is the same on all servers.
    Native,
    /// The order of a collation, which is the same on servers that agree on the collation; else that of the bytes.
    Collated,
    /// The order of the bytes of its text; no index helps.
    Bytes,
}

/// A column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its name in the table.
    pub name: String,
    form: Form,
    order: Order,
    /// The type that its text is cast to where the column itself is compared.
    cast: String,
    /// Whether the column itself may be compared with the cast text; otherwise the column's text is.
    is_comparable: bool,
}

impl KeyColumn {
    /// A column that has a name here and a type that the owner gives it.
    pub fn new(name: &str, column_type: &ColumnType) -> KeyColumn {
        let form = Form::of(column_type);
        let (order, cast) = match column_type {
            ColumnType::Builtin(data_type) if !data_type.is_array() => match data_type.family() {
                TypeFamily::Text if ["text", "character varying"].contains(&data_type.base()) => {
                    (Order::Collated, "text")
                }
                TypeFamily::Integer
                | TypeFamily::Decimal
                | TypeFamily::Float
                | TypeFamily::Bytes
                | TypeFamily::Boolean
                | TypeFamily::Date
                | TypeFamily::Timestamp
                | TypeFamily::Uuid => (Order::Native, data_type.base()),
                _ => (Order::Bytes, "text"),
            },
            _ => (Order::Bytes, "text"),
        };
        KeyColumn {
            name: name.to_owned(),
            form,
            is_comparable: order != Order::Bytes,
            order,
            cast: cast.to_owned(),
        }
    }

    /// The column that a reference points at: a type of an extension, such as `citext`, decides itself what is equal.
    fn into_target(mut self, column_type: &ColumnType) -> KeyColumn {
        if let ColumnType::Extension(name) = column_type {
            name.clone_into(&mut self.cast);
            self.is_comparable = true;
        }
        self
    }

    /// What ranges are over, under the order that the servers agree on.
    fn ordered(&self, column: &str, by_bytes: bool) -> String {
        match self.order {
            Order::Native => column.to_owned(),
            Order::Collated if !by_bytes => column.to_owned(),
            Order::Collated => format!("{column} COLLATE \"C\""),
            Order::Bytes => format!("{column}::text COLLATE \"C\""),
        }
    }

    /// What is equal to the [`KeyColumn::parsed`] value of a key.
    fn matched(&self, column: &str) -> String {
        if self.is_comparable { column.to_owned() } else { format!("{column}::text") }
    }

    /// The value at a place of a key that has travelled.
    fn parsed(&self, position: usize, travelled: &str) -> String {
        let text = format!("convert_from(decode({travelled}, 'hex'), 'UTF8')::jsonb ->> {position}");
        if self.cast == "text" { format!("({text})") } else { self.form.parse(&text, &self.cast) }
    }
}

/// The columns that identify a row, or that refer to one, in order. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    columns: Vec<KeyColumn>,
}

/// How a chunk is told by parameters of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    /// The key after which it begins; NULL: at the first.
    pub lower: &'static str,
    /// The key with which it ends; NULL: the last.
    pub upper: &'static str,
    /// The order that both servers agree on, `native` or `bytes`; `None`: only one server is asked.
    pub order: Option<&'static str>,
}

impl Key {
    /// A key of columns; `None` where there is none.
    pub fn new(columns: Vec<KeyColumn>) -> Option<Key> {
        (!columns.is_empty()).then_some(Key { columns })
    }

    /// Columns of a table by their numbers, as a key.
    pub(super) fn of(table: &Table, columns: &[usize]) -> Option<Key> {
        let column = |index: &usize| table.columns.get(*index);
        let columns: Option<Vec<KeyColumn>> = columns
            .iter()
            .map(|index| Some(KeyColumn::new(column(index)?.name.as_str(), &column(index)?.data_type.value)))
            .collect();
        Key::new(columns?)
    }

    /// Columns of a table by their numbers, as what a reference points at.
    pub(super) fn of_target(table: &Table, columns: &[usize]) -> Option<Key> {
        let mut key = Key::of(table, columns)?;
        for (column, index) in key.columns.iter_mut().zip(columns) {
            *column = column.clone().into_target(&table.columns[*index].data_type.value);
        }
        Some(key)
    }

    /// The names of its columns.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Its columns with their forms.
    pub(super) fn forms(&self) -> impl Iterator<Item = (&str, &Form)> {
        self.columns.iter().map(|column| (column.name.as_str(), &column.form))
    }

    /// How many columns it has.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// The columns whose order depends on a collation.
    pub(super) fn collated(&self) -> Vec<&str> {
        let collated = self.columns.iter().filter(|column| column.order == Order::Collated);
        collated.map(|column| column.name.as_str()).collect()
    }

    /// The columns as they stand in a statement, behind the alias of their table where it has one.
    pub(super) fn columns(&self, alias: Option<&str>) -> Vec<String> {
        self.names().map(|name| qualified(alias, name)).collect()
    }

    /// The key as a JSON array, from expressions for its columns.
    pub(super) fn json(&self, columns: &[String]) -> String {
        let texts = self.columns.iter().zip(columns).map(|(column, text)| column.form.canonical(text));
        format!("jsonb_build_array({})", texts.collect::<Vec<_>>().join(", "))
    }

    /// The key as it travels.
    pub(super) fn travelling(&self, columns: &[String]) -> String {
        format!("encode(convert_to({}::text, 'UTF8'), 'hex')", self.json(columns))
    }

    /// The values of a key that has travelled.
    pub(super) fn parsed(&self, travelled: &str) -> Vec<String> {
        self.columns.iter().enumerate().map(|(index, column)| column.parsed(index, travelled)).collect()
    }

    /// The conditions under which a row has the key that has travelled.
    pub(super) fn equals(&self, alias: Option<&str>, travelled: &str) -> Vec<String> {
        let names = self.columns(alias);
        let sides = self.columns.iter().zip(&names).zip(self.parsed(travelled));
        sides.map(|((column, name), value)| format!("{} = {value}", column.matched(name))).collect()
    }

    /// What ranges are over, from expressions for the columns.
    pub(super) fn ordered(&self, columns: &[String], by_bytes: bool) -> Vec<String> {
        let sides = self.columns.iter().zip(columns);
        sides.map(|(column, text)| column.ordered(text, by_bytes)).collect()
    }

    /// What to order by, from expressions for the columns that are ordered natively already.
    pub(super) fn order_by(&self, columns: &[String], order: Option<&str>) -> String {
        let mut terms = Vec::new();
        for (column, text) in self.columns.iter().zip(columns) {
            if let Some(order) = order.filter(|_| column.order == Order::Collated) {
                terms.push(format!("CASE WHEN {order} = 'bytes' THEN {} END", column.ordered(text, true)));
            }
            terms.push(text.clone());
        }
        terms.join(", ")
    }

    /// The conditions of a chunk, in lines that begin behind an indent. A planner that knows the parameters is left with a plain
    /// comparison, for an index.
    pub(super) fn within(&self, range: Range, indent: &str) -> [String; 2] {
        let Range { lower, upper, order } = range;
        [self.compared(">", lower, order, indent), self.compared("<=", upper, order, indent)]
    }

    fn compared(&self, operator: &str, bound: &str, order: Option<&str>, indent: &str) -> String {
        let inner = format!("{indent}    ");
        let compared = |by_bytes| {
            let columns = row(&self.ordered(&self.columns(None), by_bytes), &inner);
            // A query of its own is run once; PostgreSQL would read the bound again for every row (`convert_from` is no
            // constant to it).
            let bounds: Vec<String> =
                self.parsed(bound).iter().map(|value| format!("(SELECT {value})")).collect();
            format!("{columns} {operator} {}", row(&bounds, &inner))
        };
        match order.filter(|_| !self.collated().is_empty()) {
            None if self.len() == 1 => format!("({bound} IS NULL OR {})", compared(false)),
            None => format!("({bound} IS NULL\n{inner}OR {}\n{indent})", compared(false)),
            Some(order) => format!(
                "({bound} IS NULL\n{inner}OR {order} = 'native' AND {}\n{inner}OR {order} = 'bytes' AND {}\n{indent})",
                compared(false),
                compared(true)
            ),
        }
    }
}

/// One expression as it is, several as a row.
fn row(columns: &[String], indent: &str) -> String {
    match columns {
        [one] => one.clone(),
        several => format!("ROW({})", list(several, indent)),
    }
}

/// A column as it stands in a statement.
pub(super) fn qualified(alias: Option<&str>, name: &str) -> String {
    let mut text = alias.map(|alias| format!("{alias}.")).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write_identifier(&mut text, name);
    text
}
