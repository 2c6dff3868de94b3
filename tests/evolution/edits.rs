//! What is done to a register between two builds.

use super::register::{Field, KINDS, Message, Named, Register, Table};

/// Numbers that look random and are the same for the same seed: SplitMix64, by Sebastiano Vigna.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below another, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one<'a, T>(&mut self, items: &'a mut [T]) -> Option<&'a mut T> {
        let at = self.below(items.len().max(1));
        items.get_mut(at)
    }
}

/// What an edit did, as far as it matters on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing that a program outside can see of what was there before and still is.
    Compatible,
    /// These had the type `integer` and now have `bigint`, or the other way round: JSON writes them in another way.
    OtherWidth(usize),
    /// This has a type that cannot be read as the old one, and so is another field.
    OtherType(usize),
    /// An RPC of this name streams what it did not, or no more.
    OtherStream(String),
}

/// Few names, so that they come back, and some that are one in JSON.
const NAMES: [&str; 8] = ["a", "b", "c", "d", "e_1", "e1", "f", "a_2"];
/// Of fields of events and RPCs: an event carries columns too, and shares no name with them.
const FIELDS: [&str; 7] = ["first", "x", "y", "z_1", "z1", "w", "w_2"];
const VALUES: [&str; 6] = ["open", "done", "in_progress", "in-progress", "lost", "kept"];
const TABLES: [&str; 4] = ["users", "items", "orders", "user_items"];
const ENTITIES: [&str; 4] = ["User", "Item", "Order", "Thing"];
const MESSAGES: [&str; 5] = ["Validate", "Refresh", "Revoke", "Rename", "Renew"];

fn plain(name: &str) -> String {
    name.replace(['_', '-'], "").to_lowercase()
}

/// A name that none of these has, not even in another spelling. It is no former name any more.
fn free(random: &mut Random, names: &[&str], taken: &mut [&mut Named]) -> Option<String> {
    let name = names[random.below(names.len())];
    if taken.iter().any(|other| plain(&other.name) == plain(name)) {
        return None;
    }
    for other in taken {
        other.was = other.was.take().filter(|was| was != name);
    }
    Some(name.to_owned())
}

fn of_fields(fields: &mut [Field]) -> Vec<&mut Named> {
    fields.iter_mut().map(|field| &mut field.named).collect()
}

fn of_messages(messages: &mut [Message]) -> Vec<&mut Named> {
    messages.iter_mut().map(|message| &mut message.named).collect()
}

/// Names the thing anew, and remembers what it was called.
fn rename(named: &mut Named, name: String) {
    named.was = Some(std::mem::replace(&mut named.name, name));
}

/// Edits until something has changed.
pub fn edit(register: &mut Register, random: &mut Random) -> (String, Effect) {
    loop {
        let mut edited = register.clone();
        let kind = random.below(33);
        if let Some((what, effect)) = try_edit(&mut edited, random, kind)
            && edited.text() != register.text()
        {
            *register = edited;
            return (what, effect);
        }
    }
}

fn try_edit(register: &mut Register, random: &mut Random, kind: usize) -> Option<(String, Effect)> {
    let at = random.below(register.services.len());
    let what = match kind {
        0..=12 => return edit_fields(register, random, kind, at),
        13..=19 => edit_tables(register, random, kind, at)?,
        20 if register.services.len() < 4 => {
            let service = register.service();
            register.services.push(service);
            "add a service"
        }
        21 if register.services.len() > 1 => {
            register.services.remove(at);
            "remove a service"
        }
        22 => {
            let name = format!("renamed-{}", register.named("").identity);
            rename(&mut register.services[at].named, name);
            "rename a service"
        }
        23 => {
            let name = free(random, &MESSAGES, &mut of_messages(&mut register.services[at].rpcs))?;
            let rpc = register.message(&name);
            register.services[at].rpcs.push(rpc);
            "add an RPC"
        }
        24 => {
            let rpcs = &mut register.services[at].rpcs;
            let name = free(random, &MESSAGES, &mut of_messages(rpcs))?;
            rename(&mut random.one(rpcs)?.named, name);
            "rename an RPC"
        }
        25 => {
            let rpcs = &mut register.services[at].rpcs;
            let rpc = random.below(rpcs.len().max(1));
            (rpc < rpcs.len()).then(|| rpcs.remove(rpc))?;
            "remove an RPC"
        }
        29 => {
            let rpc = random.one(&mut register.services[at].rpcs)?;
            rpc.stream = [None, Some("client"), Some("server"), Some("both")][random.below(4)];
            return Some(("stream, or not".to_owned(), Effect::OtherStream(rpc.named.name.clone())));
        }
        30 | 31 => {
            let later = register.field("first", KINDS[random.below(KINDS.len())]);
            let service = &mut register.services[at];
            let message = match kind {
                30 => random.one(&mut service.rpcs)?,
                _ => {
                    let (_, events) = random.one(&mut service.tables)?.topic.as_mut()?;
                    random.one(events)?
                }
            };
            message.later_fields = match message.later_fields {
                Some(_) => None,
                None => Some(vec![later]),
            };
            "add a version 2, or remove it"
        }
        26..=32 => edit_shape(random.one(&mut register.services[at].tables)?, random, kind)?,
        _ => return None,
    };
    Some((what.to_owned(), Effect::Compatible))
}

/// What identifies the rows of a table, who copies them, and by what they are listed.
fn edit_shape(table: &mut Table, random: &mut Random, kind: usize) -> Option<&'static str> {
    Some(match kind {
        26 => {
            table.has_wide_key = !table.has_wide_key;
            "change a key"
        }
        27 => {
            table.is_copied = !table.is_copied;
            "copy a table, or not"
        }
        28 => {
            let column = random.one(&mut table.columns)?;
            column.copied = !column.copied;
            "copy a column, or not"
        }
        _ => {
            table.is_listed_by = !table.is_listed_by;
            "list by a column, or not"
        }
    })
}

/// The columns of a table, or the fields of an event or of an RPC, with the names that they may have.
fn some_fields<'a>(
    register: &'a mut Register,
    random: &mut Random,
    at: usize,
) -> Option<(&'a mut Vec<Field>, &'static [&'static str])> {
    let service = register.services.get_mut(at)?;
    match random.below(4) {
        0 => {
            let rpc = random.one(&mut service.rpcs)?;
            let fields = match random.below(3) {
                0 => &mut rpc.fields,
                1 => &mut rpc.more_fields,
                _ => rpc.later_fields.as_mut()?,
            };
            Some((fields, &FIELDS))
        }
        1 => {
            let (_, events) = random.one(&mut service.tables)?.topic.as_mut()?;
            let event = random.one(events)?;
            let fields =
                if random.below(2) == 0 { &mut event.fields } else { event.later_fields.as_mut()? };
            Some((fields, &FIELDS))
        }
        _ => Some((&mut random.one(&mut service.tables)?.columns, &NAMES)),
    }
}

fn edit_fields(
    register: &mut Register,
    random: &mut Random,
    kind: usize,
    at: usize,
) -> Option<(String, Effect)> {
    let kind_of_field = KINDS[random.below(KINDS.len())];
    let mut added = register.field("", kind_of_field);
    if kind == 11 || kind == 12 {
        let what = edit_values(register, random, at)?;
        return Some((what.to_owned(), Effect::Compatible));
    }
    let (fields, names) = some_fields(register, random, at)?;
    let what = match kind {
        0 | 1 => {
            added.named.name = free(random, names, &mut of_fields(fields))?;
            fields.insert(random.below(fields.len() + 1), added);
            "add a field"
        }
        2 | 3 if fields.len() > 1 => {
            fields.remove(random.below(fields.len()));
            "remove a field"
        }
        4 | 5 => {
            let name = free(random, names, &mut of_fields(fields))?;
            rename(&mut random.one(fields)?.named, name);
            "rename a field"
        }
        6 => {
            let (one, other) = (random.below(fields.len()), random.below(fields.len()));
            fields.swap(one, other);
            "move a field"
        }
        7 => {
            let field = random.one(fields)?;
            field.nullable = !field.nullable;
            // A list that may be absent is a message of its own, and so another type.
            if field.kind == "text[]" {
                return Some(("let a list be absent".to_owned(), Effect::OtherType(field.named.identity)));
            }
            "let a field be absent, or not"
        }
        8 => {
            let field = random.one(fields)?;
            let before = std::mem::replace(&mut field.kind, kind_of_field);
            let is_whole = |kind: &str| kind == "integer" || kind == "bigint";
            let effect = if is_whole(before) && is_whole(kind_of_field) {
                Effect::OtherWidth
            } else {
                Effect::OtherType
            };
            return Some((format!("change {before} to {kind_of_field}"), effect(field.named.identity)));
        }
        9 => {
            fields.iter_mut().for_each(|field| field.named.was = None);
            "forget former names"
        }
        10 => {
            let columns = &mut random.one(&mut register.services[at].tables)?.columns;
            let column = random.one(columns)?;
            match random.below(2) {
                0 => column.private = !column.private,
                _ => column.carried = !column.carried,
            }
            "hide or show a column"
        }
        _ => return None,
    };
    Some((what.to_owned(), Effect::Compatible))
}

fn edit_values(register: &mut Register, random: &mut Random, at: usize) -> Option<&'static str> {
    let mut added = register.named("");
    let values = &mut register.services[at].values;
    match random.below(3) {
        0 => {
            added.name = free(random, &VALUES, &mut values.iter_mut().collect::<Vec<_>>())?;
            values.insert(random.below(values.len() + 1), added);
            Some("add a value")
        }
        1 if values.len() > 1 => {
            values.remove(random.below(values.len()));
            Some("remove a value")
        }
        _ => {
            let name = free(random, &VALUES, &mut values.iter_mut().collect::<Vec<_>>())?;
            rename(random.one(values)?, name);
            Some("rename a value")
        }
    }
}

/// An entity of a name that another had is no rename of that one.
fn forget_entity(tables: &mut [Table], entity: &str) {
    for table in tables {
        table.entity_was = table.entity_was.take().filter(|was| was != entity);
    }
}

fn edit_tables(register: &mut Register, random: &mut Random, kind: usize, at: usize) -> Option<&'static str> {
    let is_free = |register: &Register, entity: &str| {
        !register.services[at].tables.iter().any(|table| table.entity == entity)
    };
    let entity = ENTITIES[random.below(ENTITIES.len())];
    let mut names: Vec<&mut Named> =
        register.services[at].tables.iter_mut().map(|table| &mut table.named).collect();
    let name = free(random, &TABLES, &mut names);
    match kind {
        13 if is_free(register, entity) => {
            let table = register.table(&name?, entity);
            forget_entity(&mut register.services[at].tables, entity);
            register.services[at].tables.push(table);
            Some("add a table")
        }
        14 if register.services[at].tables.len() > 1 => {
            let table = random.below(register.services[at].tables.len());
            register.services[at].tables.remove(table);
            Some("remove a table")
        }
        15 => {
            rename(&mut random.one(&mut register.services[at].tables)?.named, name?);
            Some("rename a table")
        }
        16 if is_free(register, entity) => {
            let tables = &mut register.services[at].tables;
            forget_entity(tables, entity);
            let table = random.one(tables)?;
            let former = std::mem::replace(&mut table.entity, entity.to_owned());
            table.entity_was = (random.below(2) == 0).then_some(former);
            Some("name an entity otherwise")
        }
        17 => {
            let table = random.one(&mut register.services[at].tables)?;
            table.is_served = !table.is_served;
            Some("serve a table, or not")
        }
        18 => {
            let name = format!("topic.{}", register.named("").identity);
            rename(&mut random.one(&mut register.services[at].tables)?.topic.as_mut()?.0, name);
            Some("rename a topic")
        }
        19 => {
            let name = format!("Event{}", register.named("").identity);
            let event = register.message(&name);
            let events = &mut random.one(&mut register.services[at].tables)?.topic.as_mut()?.1;
            match random.below(3) {
                0 if !events.is_empty() => {
                    events.remove(random.below(events.len()));
                    Some("remove an event")
                }
                1 => {
                    rename(&mut random.one(events)?.named, name);
                    Some("rename an event")
                }
                _ => {
                    events.push(event);
                    Some("add an event")
                }
            }
        }
        _ => None,
    }
}
