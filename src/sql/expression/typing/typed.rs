//! What is known of a part of an expression.

use crate::sql::catalog::TypeId;

/// The type of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// It cannot be told.
    NotKnown,
    /// A constant in quotation marks, or NULL (`None`): its type follows from what stands beside it.
    Constant(Option<String>),
    /// This type.
    Of(TypeId),
}

/// Where a part stands: its first byte, and how many bytes it takes.
pub(super) type At = (usize, usize);

/// What makes a part give another result at another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// A phrase, such as "`now`, whose result changes by itself".
    pub what: String,
    /// Where it stands.
    pub at: At,
}

/// What is known of a part. PostgreSQL works out what is constant before it looks for what changes, and lets go of what
/// the outcome does not need; so `may_be_constant` and `may_be_null` err on the side of saying yes.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub kind: Type,
    pub at: At,
    /// What in it may change by itself, and is not let go of.
    pub change: Option<Change>,
    /// Whether PostgreSQL may find it to be a constant.
    pub may_be_constant: bool,
    /// Whether that constant may be NULL.
    pub may_be_null: bool,
}

impl Typed {
    /// What is not understood: it may be anything.
    pub fn not_known() -> Typed {
        Typed { kind: Type::NotKnown, at: (0, 0), change: None, may_be_constant: true, may_be_null: true }
    }

    /// A constant of a type.
    pub fn fixed(id: Option<TypeId>, at: At) -> Typed {
        Typed { kind: kind(id), at, may_be_null: false, ..Typed::not_known() }
    }

    /// A column of a type.
    pub fn column(id: Option<TypeId>, at: At) -> Typed {
        Typed { may_be_constant: false, ..Typed::fixed(id, at) }
    }

    /// What changes by itself.
    pub fn changing(id: Option<TypeId>, at: At, what: String) -> Typed {
        Typed { change: Some(Change { what, at }), ..Typed::column(id, at) }
    }

    /// A call over parts, which is NULL where one of them is; `own` says whether it changes by itself.
    pub fn call(id: Option<TypeId>, at: At, parts: &[Typed], own: Option<Change>) -> Typed {
        let has_null = parts.iter().any(|part| part.may_be_null);
        let changes = || parts.iter().find_map(|part| part.change.clone());
        let change = if has_null { None } else { changes().or_else(|| own.clone()) };
        let is_constant = own.is_none() && parts.iter().all(|part| part.may_be_constant);
        let may_be_null = has_null || is_constant;
        Typed { kind: kind(id), at, change, may_be_constant: may_be_null, may_be_null }
    }

    /// Parts of which any may decide the outcome: of AND and OR, or lists of them.
    pub fn choice(id: Option<TypeId>, at: At, parts: &[Typed]) -> Typed {
        let is_decided = parts.iter().any(|part| part.may_be_constant);
        Typed::decided(id, at, parts.iter(), is_decided)
    }

    /// Results of which conditions choose one.
    pub fn case(id: Option<TypeId>, at: At, conditions: &[Typed], results: &[Typed]) -> Typed {
        let is_decided = conditions.iter().any(|part| part.may_be_constant);
        Typed::decided(id, at, conditions.iter().chain(results), is_decided)
    }

    /// `coalesce`: what stands behind a constant is let go of.
    pub fn coalesce(id: Option<TypeId>, at: At, parts: &[Typed]) -> Typed {
        let used = parts.iter().position(|part| part.may_be_constant).unwrap_or(parts.len());
        Typed::decided(id, at, parts[..used].iter(), used == 0)
    }

    fn decided<'p>(
        id: Option<TypeId>,
        at: At,
        parts: impl Iterator<Item = &'p Typed>,
        is_decided: bool,
    ) -> Typed {
        let mut parts = parts;
        let change = if is_decided { None } else { parts.find_map(|part| part.change.clone()) };
        Typed { kind: kind(id), at, change, may_be_constant: is_decided, may_be_null: is_decided }
    }

    /// The type as one of the inputs of a call; `Err` where it cannot be told.
    pub fn input(&self) -> Result<Option<TypeId>, ()> {
        match &self.kind {
            Type::NotKnown => Err(()),
            Type::Constant(_) => Ok(None),
            Type::Of(id) => Ok(Some(*id)),
        }
    }
}

fn kind(id: Option<TypeId>) -> Type {
    id.map_or(Type::NotKnown, Type::Of)
}
