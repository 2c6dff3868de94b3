//! The numbers of one message or enum: which are taken, by what, and which must never come back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Numbers that Protobuf keeps for its own implementation. Protocol Buffers language guide, "Assigning field numbers".
pub(super) const KEPT_BY_PROTOBUF: std::ops::RangeInclusive<u32> = 19_000..=19_999;

/// The largest number that may come next. Protobuf ends at 2^29 - 1 for fields and 2^31 - 1 for values of enums; no
/// register comes near, so whatever is larger was not counted by us, and what is smaller leaves room for any build.
pub const LARGEST_NEXT: u32 = 500_000_000;

/// Scalar types that one can be read as the other in Protobuf's binary form: varints of the same encoding. Protocol
/// Buffers language guide, "Updating a message type".
const VARINTS: [&str; 4] = ["int32", "int64", "uint32", "uint64"];

/// What has, or had, a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The name on the wire. A field's name; an enum value's without the enum's name before it.
    pub name: String,
    /// What uses the number; `None`: nothing does any more, and number and name are reserved.
    pub holder: Option<Holder>,
}

/// A field or value that is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its name in the register.
    pub key: String,
    /// The type on the wire as Protobuf writes it, such as `int64` or `repeated string`; empty for a value of an enum.
    pub kind: String,
}

/// A field or value that wants a number.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its name in the register, by which it is found again.
    pub key: &'a str,
    /// Names that it had in the register, the newest first.
    pub was: &'a [&'a str],
    /// The name that it takes on the wire if it is new.
    pub name: &'a str,
    /// The type on the wire as Protobuf writes it, such as `int64` or `repeated string`; empty for a value of an enum.
    pub kind: &'a str,
}

/// What a field or value got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The number.
    pub number: u32,
    /// The name on the wire.
    pub name: String,
}

/// The numbers of one message or enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// The number that the next one gets.
    pub(super) next: u32,
    /// Every number that was ever given, with what it was given to.
    pub(super) slots: BTreeMap<u32, Slot>,
}

impl Default for Numbering {
    fn default() -> Numbering {
        Numbering { next: 1, slots: BTreeMap::new() }
    }
}

impl Numbering {
    /// Gives every wanted one its number and name, in the order given. What is no longer wanted is reserved.
    ///
    /// One that has a number keeps it with its name on the wire, found by its key or else by a name that it had; a
    /// type that the old one can be read as is noted. A new one, and one whose type changed in any other way, gets the
    /// next number; where its name was ever taken on this wire, also in another spelling of the same JSON name, it gets
    /// the first of `name_2`, `name_3`, … that was not. `kept` are names that are taken without a number in here.
    pub fn assign(&mut self, wanted: &[Wanted<'_>], kept: &[&str]) -> Vec<Assigned> {
        let keys = unique_keys(wanted);
        let mut numbers = self.found_again(wanted, &keys);
        for ((number, one), key) in numbers.iter_mut().zip(wanted).zip(&keys) {
            let slot = number.and_then(|number| self.slots.get_mut(&number));
            let Some(holder) = slot.and_then(|slot| slot.holder.as_mut()) else { continue };
            if is_compatible(&holder.kind, one.kind) {
                *holder = Holder { key: key.clone(), kind: one.kind.to_owned() };
            } else {
                *number = None;
            }
        }
        let in_use: BTreeSet<u32> = numbers.iter().flatten().copied().collect();
        for (number, slot) in &mut self.slots {
            if !in_use.contains(number) {
                slot.holder = None;
            }
        }
        let mut names = TakenNames::new(self.slots.values().map(|slot| slot.name.as_str()), kept);
        let wanted_names: BTreeSet<String> = wanted.iter().map(|one| canonical(one.name)).collect();
        for ((number, one), key) in numbers.iter_mut().zip(wanted).zip(keys) {
            if number.is_none() {
                let name = names.take(one.name, &wanted_names);
                *number = Some(self.add(name, Holder { key, kind: one.kind.to_owned() }));
            }
        }
        let assigned = numbers.iter().flatten().filter_map(|number| {
            Some(Assigned { number: *number, name: self.slots.get(number)?.name.clone() })
        });
        assigned.collect()
    }

    /// Numbers and names that must never come back, by number.
    pub fn reserved(&self) -> impl Iterator<Item = (u32, &str)> {
        self.slots
            .iter()
            .filter(|(_, slot)| slot.holder.is_none())
            .map(|(number, slot)| (*number, slot.name.as_str()))
    }

    /// The number that each wanted one has: by its own key first, so that no rename can take what still has its name.
    fn found_again(&self, wanted: &[Wanted<'_>], keys: &[String]) -> Vec<Option<u32>> {
        let held = self
            .slots
            .iter()
            .filter_map(|(number, slot)| Some((slot.holder.as_ref()?.key.as_str(), *number)));
        let mut by_key: HashMap<&str, u32> = held.collect();
        let mut numbers: Vec<Option<u32>> = keys.iter().map(|key| by_key.remove(key.as_str())).collect();
        for (number, one) in numbers.iter_mut().zip(wanted) {
            if number.is_none() {
                *number = one.was.iter().find_map(|was| by_key.remove(was));
            }
        }
        numbers
    }

    fn add(&mut self, name: String, holder: Holder) -> u32 {
        if KEPT_BY_PROTOBUF.contains(&self.next) {
            self.next = KEPT_BY_PROTOBUF.end() + 1;
        }
        let number = self.next;
        self.next += 1;
        self.slots.insert(number, Slot { name, holder: Some(holder) });
        number
    }
}

/// The keys, each once: one that comes again is told apart by a number, so that what is found again is its own.
fn unique_keys(wanted: &[Wanted<'_>]) -> Vec<String> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut keys = Vec::with_capacity(wanted.len());
    for one in wanted {
        let count = seen.entry(one.key).or_default();
        *count += 1;
        keys.push(if *count == 1 { one.key.to_owned() } else { format!("{}#{count}", one.key) });
    }
    keys
}

/// Whether a reader of the old type can read the new one, and the other way round.
fn is_compatible(old: &str, new: &str) -> bool {
    old == new || (VARINTS.contains(&old) && VARINTS.contains(&new))
}

/// Names that are one name to some reader of Protobuf: in JSON, or in code of a language that knows no underscores.
/// protoc refuses two fields of one JSON name, and two values of an enum that differ in nothing else.
pub(super) fn canonical(name: &str) -> String {
    name.chars()
        .filter(|character| *character != '_')
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

/// Names that were ever taken.
struct TakenNames {
    taken: BTreeSet<String>,
}

impl TakenNames {
    fn new<'a>(names: impl Iterator<Item = &'a str>, kept: &[&'a str]) -> TakenNames {
        TakenNames { taken: names.chain(kept.iter().copied()).map(canonical).collect() }
    }

    /// The name, or the first with a number behind it that was never taken, and that nobody else is about to take.
    fn take(&mut self, name: &str, wanted: &BTreeSet<String>) -> String {
        // Rule `illegal-name` finds names of which nothing is left; it can be turned off.
        let name = if name.is_empty() { "X" } else { name };
        let mut free = name.to_owned();
        let mut count = 1;
        while self.taken.contains(&canonical(&free)) || (count > 1 && wanted.contains(&canonical(&free))) {
            count += 1;
            free = format!("{name}_{count}");
        }
        self.taken.insert(canonical(&free));
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'a>(key: &'a str, kind: &'a str) -> Wanted<'a> {
        Wanted { key, was: &[], name: key, kind }
    }

    fn assign(numbering: &mut Numbering, wanted: &[Wanted<'_>]) -> Vec<(u32, String)> {
        numbering.assign(wanted, &[]).into_iter().map(|got| (got.number, got.name)).collect()
    }

    fn reserved(numbering: &Numbering) -> Vec<(u32, &str)> {
        numbering.reserved().collect()
    }

    fn named(pairs: &[(u32, &str)]) -> Vec<(u32, String)> {
        pairs.iter().map(|(number, name)| (*number, (*name).to_owned())).collect()
    }

    #[test]
    fn what_is_removed_never_comes_back() {
        let mut numbering = Numbering::default();
        let (id, email) = (field("id", "string"), field("email", "string"));
        assert_eq!(assign(&mut numbering, &[id, email]), named(&[(1, "id"), (2, "email")]));
        assert_eq!(assign(&mut numbering, &[id]), named(&[(1, "id")]));
        assert_eq!(reserved(&numbering), [(2, "email")]);
        assert_eq!(assign(&mut numbering, &[email, id]), named(&[(3, "email_2"), (1, "id")]));
        assert_eq!(reserved(&numbering), [(2, "email")]);
    }

    #[test]
    fn a_rename_keeps_number_and_name_also_once_it_is_forgotten() {
        let mut numbering = Numbering::default();
        assign(&mut numbering, &[field("username", "string")]);
        let renamed = Wanted { was: &["username"], ..field("handle", "string") };
        assert_eq!(assign(&mut numbering, &[renamed]), named(&[(1, "username")]));
        assert_eq!(assign(&mut numbering, &[field("handle", "string")]), named(&[(1, "username")]));
        let chain = Wanted { was: &["nick", "handle"], ..field("alias", "string") };
        assert_eq!(assign(&mut numbering, &[chain]), named(&[(1, "username")]));
        let new = field("username", "string");
        assert_eq!(
            assign(&mut numbering, &[new, field("alias", "string")]),
            named(&[(2, "username_2"), (1, "username")])
        );
    }

    #[test]
    fn a_rename_takes_nothing_from_what_still_has_the_name() {
        let mut numbering = Numbering::default();
        assign(&mut numbering, &[field("a", "string"), field("b", "string")]);
        let thief = Wanted { was: &["a"], ..field("c", "string") };
        let wanted = [thief, field("b", "string"), field("a", "string")];
        assert_eq!(assign(&mut numbering, &wanted), named(&[(3, "c"), (2, "b"), (1, "a")]));
    }

    #[test]
    fn a_type_that_old_readers_misread_is_a_new_field() {
        let mut numbering = Numbering::default();
        assign(&mut numbering, &[field("total", "int32")]);
        assert_eq!(assign(&mut numbering, &[field("total", "int64")]), named(&[(1, "total")]));
        assert_eq!(assign(&mut numbering, &[field("total", "string")]), named(&[(2, "total_2")]));
        assert_eq!(reserved(&numbering), [(1, "total")]);
        assert_eq!(assign(&mut numbering, &[field("total", "repeated string")]), named(&[(3, "total_3")]));
    }

    #[test]
    fn names_that_are_one_in_json_are_one() {
        let mut numbering = Numbering::default();
        assign(&mut numbering, &[field("a_1", "string")]);
        assert_eq!(assign(&mut numbering, &[field("a1", "string")]), named(&[(2, "a1_2")]));
        let wanted = [field("a_1", "string"), field("a_1_2", "string"), field("a_1_2", "string")];
        assert_eq!(
            assign(&mut numbering, &wanted),
            named(&[(3, "a_1_3"), (4, "a_1_2_2"), (5, "a_1_2_3")]),
            "a1_2 is reserved by now, and two of one name are two"
        );
    }

    #[test]
    fn numbers_of_protobuf_itself_are_left_out() {
        let mut numbering = Numbering { next: 18_999, ..Numbering::default() };
        let wanted = [field("a", "string"), field("b", "string")];
        assert_eq!(assign(&mut numbering, &wanted), named(&[(18_999, "a"), (20_000, "b")]));
    }
}
