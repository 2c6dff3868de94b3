//! How tables are divided, and the function that makes and retires partitions by range.

use super::expressions::literal;
use super::triggers::identifier;
use super::{Lowering, table::column_names};
use crate::names::shortened;
use crate::schema::{Function, ObjectName, PartitionMethod, Partitioning};
use crate::semantic::model::{self, PartitionInterval, RangePartitions};
use crate::sql::Literal;
use std::collections::BTreeMap;

impl Lowering<'_> {
    pub(super) fn partitioning(
        &mut self,
        declaration: &model::Table,
        name: &ObjectName,
    ) -> Option<Partitioning> {
        let partition = declaration.partition.as_ref()?;
        let method = match &partition.method {
            model::PartitionMethod::Range(range) => {
                let column = declaration.columns.get(partition.columns.first()?.value)?;
                let column_type = super::types::own_type(self.register, &column.data_type.value);
                self.add_maintenance(name, range, &column_type);
                PartitionMethod::Range
            }
            model::PartitionMethod::Hash(parts) => {
                let partitions = (0..*parts)
                    .map(|number| self.taken.relation(&name.schema, &[&name.name], &format!("p{number}")))
                    .collect();
                PartitionMethod::Hash { partitions }
            }
            model::PartitionMethod::List(parts) => {
                let mut partitions = BTreeMap::new();
                for part in parts {
                    let values = part.values.iter().map(|value| literal(&value.value).to_string()).collect();
                    let own_name = self.taken.relation(&name.schema, &[&name.name], part.name.as_str());
                    partitions.insert(own_name, values);
                }
                PartitionMethod::List { partitions }
            }
        };
        Some(Partitioning { columns: column_names(declaration, &partition.columns), method })
    }

    fn add_maintenance(&mut self, name: &ObjectName, range: &RangePartitions, column_type: &str) {
        let function =
            ObjectName::new(&name.schema, shortened(&format!("maintain_{}", name.name), "_partitions"));
        let unit = unit(range.every);
        let retires = match &range.keep_months {
            Some(months) => format!(", drops those older than {} months", months.value),
            None => String::new(),
        };
        let comment = format!(
            "Generated: makes the partitions of {} by {unit}, {} ahead{retires}.",
            name.name, range.ahead
        );
        let body = maintenance_body(name, range, column_type);
        self.schema
            .functions
            .insert(function, Function { returns: "void".to_owned(), body, comment: Some(comment) });
    }
}

fn unit(every: PartitionInterval) -> &'static str {
    match every {
        PartitionInterval::Day => "day",
        PartitionInterval::Month => "month",
        PartitionInterval::Year => "year",
    }
}

/// How `to_char` writes the first day of a partition into its name, how long that is, and the pattern it has.
fn name_format(every: PartitionInterval) -> (&'static str, usize, &'static str) {
    match every {
        PartitionInterval::Day => ("YYYY_MM_DD", 10, "[0-9]{4}_[0-9]{2}_[0-9]{2}"),
        PartitionInterval::Month => ("YYYY_MM", 7, "[0-9]{4}_[0-9]{2}"),
        PartitionInterval::Year => ("YYYY", 4, "[0-9]{4}"),
    }
}

/// The text of the function. It can run again, also while another run is under way: a lock of its own makes one
/// wait for the other. A partition is made as a table and then attached, which lets reads and writes of the
/// table go on; `CREATE TABLE ... PARTITION OF` would stop them. Days begin at midnight UTC.
fn maintenance_body(name: &ObjectName, range: &RangePartitions, column_type: &str) -> String {
    let unit = unit(range.every);
    let (format, length, _) = name_format(range.every);
    let prefix = Literal::text(partition_prefix(name, length));
    let (schema, table) = (Literal::text(&name.schema), Literal::text(&name.name));
    let relation = Literal::text(format!("{}.{}", identifier(&name.schema), identifier(&name.name)));
    let from = range.from;
    let ahead = range.ahead;
    let midnight =
        if column_type.ends_with(" with time zone") { "YYYY-MM-DD 00:00:00+00" } else { "YYYY-MM-DD" };
    let oldest = match &range.keep_months {
        None => format!("date '{from}'"),
        Some(months) => {
            let oldest = format!("date_trunc('{unit}', today - interval '{} months')::date", months.value);
            format!("greatest(date '{from}', {oldest})")
        }
    };
    let retire = range.keep_months.as_ref().map(|months| retire(name, range.every, months.value));
    format!(
        "
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    oldest date := {oldest};
    newest date := greatest(date_trunc('{unit}', today::timestamp), date '{from}') + interval '{ahead} {unit}s';
    starts date;
    ends date;
    partition_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended({relation}, 0));
    FOR starts IN SELECT generate_series(oldest::timestamp, newest::timestamp, interval '1 {unit}') LOOP
        ends := starts + interval '1 {unit}';
        partition_name := {prefix} || to_char(starts, '{format}');
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_inherits
            WHERE inhparent = {relation}::regclass
                AND inhrelid = to_regclass(format('%I.%I', {schema}, partition_name))
        );
        EXECUTE format(
            'CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL EXCLUDING IDENTITY)',
            {schema}, partition_name, {schema}, {table}
        );
        EXECUTE format(
            'ALTER TABLE %I.%I ATTACH PARTITION %I.%I FOR VALUES FROM (%L) TO (%L)',
            {schema}, {table}, {schema}, partition_name,
            to_char(starts, '{midnight}'), to_char(ends, '{midnight}')
        );
    END LOOP;
{}END
",
        retire.unwrap_or_default()
    )
}

/// Drops partitions whose last day is too old. Tables that are named otherwise are left alone.
fn retire(name: &ObjectName, every: PartitionInterval, months: u32) -> String {
    let unit = unit(every);
    let (format, length, pattern) = name_format(every);
    let prefix = partition_prefix(name, length);
    let prefix_characters = prefix.chars().count();
    let (schema, prefix) = (Literal::text(&name.schema), Literal::text(prefix));
    let relation = Literal::text(format!("{}.{}", identifier(&name.schema), identifier(&name.name)));
    format!(
        "    FOR partition_name IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = {relation}::regclass
            AND starts_with(relname::text, {prefix})
            AND substr(relname, {}) ~ '^{pattern}$'
        ORDER BY relname
    LOOP
        ends := to_date(right(partition_name, {length}), '{format}') + interval '1 {unit}';
        IF ends <= today - interval '{months} months' THEN
            EXECUTE format('DROP TABLE %I.%I', {schema}, partition_name);
        END IF;
    END LOOP;
",
        prefix_characters + 1
    )
}

/// What the names of a table's partitions begin with; short enough for the date after it.
fn partition_prefix(name: &ObjectName, date_length: usize) -> String {
    let longest = crate::sql::LONGEST_IDENTIFIER - date_length;
    if name.name.len() < longest {
        return format!("{}_", name.name);
    }
    let padding = "_".repeat(date_length + 1);
    let shortened = shortened(&name.name, &padding);
    shortened[..shortened.len() - date_length].to_owned()
}
