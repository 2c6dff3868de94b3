//! Lines of a register that a finding offers as its mend.

use super::means::Means;
use super::text::column_list;
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, Table, TableId};

/// One node as it is written in a register; names are quoted where they have to be.
pub fn line(node: &str, arguments: &[&str], properties: &[(&str, &str)]) -> String {
    let mut line = word(node);
    for argument in arguments {
        line.push(' ');
        line.push_str(&word(argument));
    }
    for (name, value) in properties {
        line.push_str(&format!(" {}={}", word(name), word(value)));
    }
    line
}

/// A name as it is written in a register: bare where it may be, else quoted with escapes.
pub fn word(text: &str) -> String {
    kdl::KdlValue::String(text.to_owned()).to_string()
}

/// A `reference` that points at columns of a table of another service.
pub struct ReferenceLine<'a> {
    /// The table that refers.
    pub table: &'a Table,
    /// The referring columns.
    pub columns: &'a [ColumnIndex],
    /// The table that it points at.
    pub target: TableId,
    /// The columns that it points at.
    pub target_columns: &'a [ColumnIndex],
    /// `on-delete=`; `None`: the platform's default.
    pub on_delete: Option<&'a str>,
}

impl ReferenceLine<'_> {
    /// The line, with a `verify` for which the register has the means. `None` where the language cannot say it:
    /// it names at most one column of the target, and several only as the `id` or the primary key.
    pub fn write(&self, register: &Register, means: &Means) -> Option<String> {
        let path = register.table_path(self.target);
        let target = &register.tables[self.target];
        let implied = register.identifying_columns(self.target);
        let to = match self.target_columns {
            columns if !columns.is_empty() && implied == columns => path,
            columns if columns == target.primary_key_columns() && columns.len() > 1 => path,
            [column] => format!("{path}.{}", target.columns[*column].name.value),
            _ => return None,
        };
        let names: Vec<&str> =
            self.columns.iter().map(|column| self.table.columns[*column].name.as_str()).collect();
        let mut properties = vec![("to", to.as_str())];
        properties.extend(self.on_delete.map(|policy| ("on-delete", policy)));
        properties.push(("verify", self.verify(means)));
        Some(line("reference", &names, &properties))
    }

    fn verify(&self, means: &Means) -> &'static str {
        if means.projection(self.table.service, self.target, self.target_columns) {
            "projection"
        } else if means.rpc(self.target, self.target_columns) {
            "rpc"
        } else {
            "none"
        }
    }
}

/// Columns as one property: a quoted string with commas where there are several.
pub fn column_property(table: &Table, columns: &[ColumnIndex]) -> String {
    column_list(table, columns).replace(", ", ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_quoted() {
        let written = line("index", &["a b", "x\"y\n", "true", "1st"], &[("where", "a = 1")]);
        assert_eq!(written, r#"index "a b" "x\"y\n" "true" "1st" where="a = 1""#);
    }
}
