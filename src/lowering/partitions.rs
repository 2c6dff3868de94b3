//! How tables are divided, and the function that makes and retires partitions by range.

use super::expressions::literal;
use super::triggers::identifier;
use super::{Lowering, table::column_names};
use crate::names::{maintenance_function, shortened};
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
        let function = ObjectName::new(&name.schema, maintenance_function(&name.name));
        let unit = unit(range.every);
        let retires = match &range.keep_months {
            Some(months) => format!(", drops those older than {} months", months.value),
            None => String::new(),
        };
        let comment = format!(
            "Generated: makes the partitions of {} by {unit}, {} ahead{retires}.",
            name.name, range.ahead
        );
        let body = Maintenance::new(name, range.every, column_type).body(range);
        self.schema.functions.insert(
            function,
            Function { returns: "void".to_owned(), settings: BTreeMap::new(), body, comment: Some(comment) },
        );
    }
}

fn unit(every: PartitionInterval) -> &'static str {
    match every {
        PartitionInterval::Day => "day",
        PartitionInterval::Month => "month",
        PartitionInterval::Year => "year",
    }
}

/// What the function of a table is written from. Names are literals of SQL.
struct Maintenance {
    schema: Literal,
    table: Literal,
    /// The table with its schema, as casts to `regclass` read it.
    relation: Literal,
    /// What names of partitions begin with, and how many characters that has.
    prefix: Literal,
    prefix_length: usize,
    /// `day`, `month` or `year`.
    unit: &'static str,
    /// How `to_char` writes the first day of a partition into its name, how long that is, and the pattern it has.
    date_format: &'static str,
    date_length: usize,
    date_pattern: &'static str,
    /// How `to_char` writes that day as a bound. Days begin at midnight UTC.
    bound_format: &'static str,
}

impl Maintenance {
    fn new(name: &ObjectName, every: PartitionInterval, column_type: &str) -> Maintenance {
        let (date_format, date_length, date_pattern) = match every {
            PartitionInterval::Day => ("YYYY_MM_DD", 10, "[0-9]{4}_[0-9]{2}_[0-9]{2}"),
            PartitionInterval::Month => ("YYYY_MM", 7, "[0-9]{4}_[0-9]{2}"),
            PartitionInterval::Year => ("YYYY", 4, "[0-9]{4}"),
        };
        let prefix = partition_prefix(name, date_length);
        let has_zone = column_type.ends_with(" with time zone");
        Maintenance {
            schema: Literal::text(&name.schema),
            table: Literal::text(&name.name),
            relation: Literal::text(format!("{}.{}", identifier(&name.schema), identifier(&name.name))),
            prefix_length: prefix.chars().count(),
            prefix: Literal::text(prefix),
            unit: unit(every),
            date_format,
            date_length,
            date_pattern,
            bound_format: if has_zone { "YYYY-MM-DD 00:00:00+00" } else { "YYYY-MM-DD" },
        }
    }

    /// The text of the function. It can run again, also while another run is under way: a lock of its own makes one
    /// wait for the other.
    fn body(&self, range: &RangePartitions) -> String {
        let Maintenance { unit, relation, .. } = self;
        let (from, ahead) = (range.from, range.ahead);
        let oldest = match &range.keep_months {
            None => format!("date '{from}'"),
            Some(months) => {
                let oldest =
                    format!("date_trunc('{unit}', today - interval '{} months')::date", months.value);
                format!("greatest(date '{from}', {oldest})")
            }
        };
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
{}{}END
",
            self.make(),
            range.keep_months.as_ref().map(|months| self.retire(months.value)).unwrap_or_default()
        )
    }

    /// A partition is made as a table and then attached, which lets reads and writes of the table go on;
    /// `CREATE TABLE ... PARTITION OF` would stop them.
    fn make(&self) -> String {
        let Maintenance { schema, table, relation, prefix, unit, date_format, bound_format, .. } = self;
        format!(
            "    FOR starts IN SELECT generate_series(oldest::timestamp, newest::timestamp, interval '1 {unit}') LOOP
        ends := starts + interval '1 {unit}';
        partition_name := {prefix} || to_char(starts, '{date_format}');
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
            to_char(starts, '{bound_format}'), to_char(ends, '{bound_format}')
        );
    END LOOP;
"
        )
    }

    /// Drops partitions whose last day is too old. Tables that are named otherwise are left alone.
    fn retire(&self, months: u32) -> String {
        let Maintenance { schema, relation, prefix, unit, date_format, date_length, date_pattern, .. } = self;
        let date_begins = self.prefix_length + 1;
        format!(
            "    FOR partition_name IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = {relation}::regclass
            AND starts_with(relname::text, {prefix})
            AND substr(relname, {date_begins}) ~ '^{date_pattern}$'
        ORDER BY relname
    LOOP
        ends := to_date(right(partition_name, {date_length}), '{date_format}') + interval '1 {unit}';
        IF ends <= today - interval '{months} months' THEN
            EXECUTE format('DROP TABLE %I.%I', {schema}, partition_name);
        END IF;
    END LOOP;
"
        )
    }
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
