//! What a delete policy tells others: rows of a table with a topic do not change without the events that say so.

use super::super::{producer, rust};
use super::{Maker, identifier, without_modifiers};
use crate::lowering::own_type;
use crate::names::rust_identifier;
use crate::semantic::model::{EventTrigger, OnDelete, Reference, Service, Table, Topic, column_indices};
use crate::templates::{Quoted, RustPath};
use crate::wire::{Carrier, Form};
use serde::Serialize;

/// The events that a policy publishes, and of what.
pub(super) struct Told {
    /// The functions of the service's producer.
    pub functions: Vec<RustPath>,
    /// What identifies a row, in the order in which a row gives it.
    pub ids: Vec<IdView>,
    /// The list of what a row gives.
    pub list: String,
    /// Whether the last of that is whether the row lived before.
    pub has_mark: bool,
    /// The conditions of one row, over what identifies it as parameters.
    pub row: String,
}

#[derive(Serialize)]
pub(super) struct IdView {
    name: RustPath,
    kind: Quoted,
    place: usize,
    argument: Quoted,
}

/// What a policy tells; none where nobody hears of the table, or triggers tell it.
pub(super) fn told(maker: &Maker<'_>, reference: &Reference, table: &Table) -> Option<Told> {
    let register = maker.register;
    let topic = &register.topics[table.topic?];
    let functions = functions(maker.service, register, topic, reference);
    if functions.is_empty() || topic.outbox_by_trigger {
        return None;
    }
    let identifying = register.identifying_columns(reference.table);
    let form = |column: usize| Form::of(&table.columns[column].data_type.value);
    let name = |column: usize| identifier(table.columns[column].name.as_str());
    let ids = identifying.iter().enumerate().map(|(place, column)| {
        let own = rust_identifier(&format!("own_{}", table.columns[*column].name.value));
        let carrier = form(*column).carrier();
        let argument = match carrier {
            Carrier::Text | Carrier::Enum | Carrier::Bytes => format!("&{own}"),
            _ => own.clone(),
        };
        IdView {
            name: RustPath::new(&own),
            kind: Quoted::already(rust::carrier(carrier)),
            place,
            argument: Quoted::already(argument),
        }
    });
    let mut list: Vec<String> =
        identifying.iter().map(|column| form(*column).to_wire(&name(*column))).collect();
    // A row that is marked by this policy lived; any other may have been marked before, and was told of then.
    let mark = table.soft_delete.as_ref().filter(|_| reference.on_delete.value != OnDelete::SoftDelete);
    list.extend(mark.map(|mark| super::delete_policies::is_live(table, mark.value)));
    let conditions = identifying.iter().enumerate().map(|(place, column)| {
        let data_type = &table.columns[*column].data_type.value;
        let column_type = without_modifiers(&own_type(register, data_type), data_type);
        format!("{} = {}", name(*column), form(*column).from_wire(&format!("${}", place + 1), &column_type))
    });
    Some(Told {
        functions,
        ids: ids.collect(),
        list: list.join(", "),
        has_mark: mark.is_some(),
        row: conditions.collect::<Vec<_>>().join(" AND "),
    })
}

/// What tells of that which the policy does: that rows are gone, or that a column that is carried has changed.
fn functions(
    service: &Service,
    register: &crate::semantic::Register,
    topic: &Topic,
    reference: &Reference,
) -> Vec<RustPath> {
    let events = topic.events.iter().map(|id| &register.events[*id]);
    let changed = column_indices(&reference.columns);
    let happens = |event: &&crate::semantic::model::Event| match (reference.on_delete.value, event.trigger) {
        (OnDelete::Delete | OnDelete::SoftDelete, Some(EventTrigger::Deleted)) => true,
        (OnDelete::Nullify, Some(EventTrigger::Updated)) => {
            let mut carried = topic.carries.iter().chain(&event.carries);
            carried.any(|column| changed.contains(&column.value))
        }
        _ => false,
    };
    events.filter(happens).map(|event| producer::function(register, service, topic, event)).collect()
}
