//! From a service of the register to the schema of its database, with what the compiler adds.

mod expressions;
mod messaging;
mod names;
mod outbox_triggers;
mod partitions;
mod projection;
mod table;
mod triggers;
mod types;

pub use messaging::publishes;
pub use types::{copied_type, own_type};

use crate::schema::{EnumType, ObjectName, Schema, SqlNode};
use crate::semantic::Register;
use crate::semantic::model::{
    EnumId, Located, OUTBOX_TABLE, PARKED_EVENTS_TABLE, PROCESSED_EVENTS_TABLE, PROJECTION_FILLS_TABLE,
    Service, ServiceId, TableId,
};
use crate::wire::Index;
use expressions::Expressions;
use names::TakenNames;

/// The PostgreSQL schema of everything that says no other.
const PUBLIC: &str = "public";

/// The schema of a service's database, with the names that its events have on the `wire`. Total: of a register with findings
/// it gives what could be read.
pub fn lower(register: &Register, wire: &Index, service: ServiceId) -> Schema {
    let declaration = &register.services[service];
    let mut lowering = Lowering {
        register,
        wire,
        service: declaration,
        schema: Schema::default(),
        taken: TakenNames::default(),
        expressions: Expressions::default(),
    };
    lowering.keep_names_of_people();
    lowering.schema.extensions = declaration.extensions.iter().map(|name| name.value.clone()).collect();
    for id in &declaration.enums {
        lowering.add_enum(*id);
    }
    for id in &declaration.tables {
        lowering.add_table(*id);
    }
    for id in &declaration.projections {
        lowering.add_projection(*id);
    }
    lowering.add_messaging_tables();
    lowering.add_sql_nodes();
    lowering.schema
}

/// A schema in the making.
struct Lowering<'a> {
    register: &'a Register,
    wire: &'a Index,
    service: &'a Service,
    schema: Schema,
    taken: TakenNames,
    expressions: Expressions,
}

impl Lowering<'_> {
    /// Names that are written in the register come first: derived ones give way to them.
    fn keep_names_of_people(&mut self) {
        for id in &self.service.tables {
            let table = &self.register.tables[*id];
            self.taken.keep(table.sql_schema(), table.sql_name());
            let indexes = table.indexes.iter().filter_map(|index| index.name.as_ref());
            let uniques = table.uniques.iter().filter_map(|unique| unique.name.as_ref());
            // These are no relations, but a key of the table cannot be called like them.
            let checks = table.checks.iter().filter_map(|check| check.name.as_ref());
            let foreign_keys = table.foreign_keys.iter().filter_map(|foreign_key| foreign_key.name.as_ref());
            for name in indexes.chain(uniques).chain(checks).chain(foreign_keys) {
                self.taken.keep(table.sql_schema(), name.as_str());
            }
            // PostgreSQL names the sequences.
            for column in table.columns.iter().filter(|column| column.identity) {
                let sequence = format!("{}_{}_seq", table.sql_name(), column.name.value);
                self.taken.keep(table.sql_schema(), &sequence);
            }
        }
        for id in &self.service.projections {
            let projection = &self.register.projections[*id];
            self.taken.keep(PUBLIC, projection.name.as_str());
            for name in projection.indexes.iter().filter_map(|index| index.name.as_ref()) {
                self.taken.keep(PUBLIC, name.as_str());
            }
        }
        self.taken.keep(PUBLIC, OUTBOX_TABLE);
        self.taken.keep(PUBLIC, PROCESSED_EVENTS_TABLE);
        self.taken.keep(PUBLIC, PARKED_EVENTS_TABLE);
        self.taken.keep(PUBLIC, PROJECTION_FILLS_TABLE);
    }

    fn add_enum(&mut self, id: EnumId) {
        let declaration = &self.register.enums[id];
        let values = declaration.values.iter().map(|value| value.name.value.clone()).collect();
        let lowered = EnumType { values, comment: summary(declaration.summary.as_ref()) };
        self.schema.enums.insert(ObjectName::new(PUBLIC, declaration.name.as_str()), lowered);
    }

    fn add_sql_nodes(&mut self) {
        for node in &self.service.sql {
            let after = node.after.as_ref().map(|table| self.table_name(table.value));
            let lowered = SqlNode { after, up: node.up.value.clone(), down: node.down.value.clone() };
            self.schema.sql_nodes.insert(node.name.value.clone(), lowered);
        }
    }

    /// The name of a table in its database.
    fn table_name(&self, id: TableId) -> ObjectName {
        let table = &self.register.tables[id];
        ObjectName::new(table.sql_schema(), table.sql_name())
    }
}

fn summary(text: Option<&Located<String>>) -> Option<String> {
    text.map(|text| text.value.clone()).filter(|text| !text.is_empty())
}
