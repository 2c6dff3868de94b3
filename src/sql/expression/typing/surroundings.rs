//! What an expression may use besides the columns of its table: that of a service.

use crate::sql::catalog::{
    Catalog, Function, FunctionKind, Major, Section, TypeId, TypeKind, base_type_of, is_complete, section_of,
};
use crate::sql::lexer::{TokenKind, tokens};
use crate::sql::{DataType, is_known_extension};
use foldhash::HashSet;
use std::collections::BTreeSet;

/// An enum of a service.
#[derive(Clone, Debug)]
pub struct EnumValues {
    /// Its name.
    pub name: String,
    /// Its values, in order.
    pub values: Vec<String>,
}

/// The versions of PostgreSQL that may be meant, the extensions of a service, its enums, and what its statements make.
#[derive(Debug)]
pub struct Surroundings {
    majors: Vec<Major>,
    sections: Vec<Section>,
    is_open: bool,
    enums: Vec<EnumValues>,
    own_words: HashSet<String>,
}

impl Surroundings {
    /// `major` is that of the server; without one, every version that is known may be meant. `statements` are those of
    /// the service's own: what they name may be anything.
    pub fn new<'a>(
        major: Option<u32>,
        extensions: impl Iterator<Item = &'a str>,
        enums: Vec<EnumValues>,
        statements: impl Iterator<Item = &'a str>,
    ) -> Surroundings {
        let mut surroundings = Surroundings {
            majors: majors(major),
            sections: vec![0],
            is_open: false,
            enums,
            own_words: HashSet::default(),
        };
        for extension in extensions {
            match section_of(extension) {
                Some(section) => surroundings.sections.push(section),
                None => surroundings.is_open |= extension != "plpgsql",
            }
            // Other versions of what does not come with PostgreSQL may hold more.
            surroundings.is_open |= ["vector"].contains(&extension) || !is_known_extension(extension);
        }
        for statement in statements {
            let words = tokens(statement).into_iter().filter_map(|token| match token.kind {
                TokenKind::Word => Some(token.text.to_lowercase()),
                TokenKind::QuotedName => Some(token.text.trim_matches('"').to_owned()),
                _ => None,
            });
            surroundings.own_words.extend(words);
        }
        // Operators and casts of their own change what others mean.
        let makes = |word: &str| surroundings.own_words.contains(word);
        surroundings.is_open |= makes("operator") || makes("cast") || makes("extension");
        surroundings
    }

    /// The versions of PostgreSQL that may be meant, at least one.
    pub fn majors(&self) -> &[Major] {
        &self.majors
    }

    /// Whether there may be functions, operators and casts that are not listed.
    pub(super) fn is_open(&self, major: Major) -> bool {
        self.is_open || self.sections.iter().any(|section| !is_complete(*section, major))
    }

    /// Whether a section is PostgreSQL's own or that of an extension that the service declares.
    pub fn has(&self, section: Section) -> bool {
        self.sections.contains(&section)
    }

    /// The names of the functions that may be called.
    pub fn function_names(&self) -> BTreeSet<&'static str> {
        let all = self.majors.iter().flat_map(|major| Catalog::of(*major).function_names());
        let usable = |function: &Function| self.has(function.section) && function.kind == FunctionKind::Plain;
        all.filter(|(_, functions)| functions.iter().any(usable)).map(|(name, _)| name).collect()
    }

    /// Whether the service's own statements name a function.
    pub(super) fn may_make(&self, name: &str) -> bool {
        self.own_words.contains(name)
    }

    /// The values of the enum of a type.
    pub(super) fn values(&self, id: TypeId) -> Option<&[String]> {
        self.enums.get(id.enum_number()?).map(|one| one.values.as_slice())
    }

    /// A type as a message shows it.
    pub fn shown(&self, id: TypeId) -> String {
        let of_enum = || {
            let name = self.enums.get(id.enum_number()?).map(|one| one.name.as_str())?;
            Some(if id.is_array() { format!("{name}[]") } else { name.to_owned() })
        };
        id.shown().or_else(of_enum).unwrap_or_default()
    }

    /// The type of a built-in type.
    pub fn builtin(&self, data_type: &DataType) -> Option<TypeId> {
        let element = base_type_of(data_type.base())?;
        if data_type.is_array() { element.array() } else { Some(element) }
    }

    /// An enum of the service by its number, or an array of it.
    pub fn enum_type(&self, number: usize, is_array: bool) -> Option<TypeId> {
        let id = TypeId::of_enum(number)?;
        if is_array { id.array() } else { Some(id) }
    }

    /// The type of an extension in any spelling, with or without modifiers; `None` where it is not known.
    pub fn extension_type(&self, text: &str) -> Option<TypeId> {
        let trimmed = text.trim();
        let element = trimmed.strip_suffix("[]").map_or(trimmed, str::trim_end);
        let name = element.split('(').next().unwrap_or(element).trim_end().to_lowercase();
        let id = TypeId::named(&name)?;
        let is_usable = id.section() != 0
            && self.has(id.section())
            && matches!(id.kind(), TypeKind::Base | TypeKind::Range);
        let id = is_usable.then_some(id)?;
        if element.len() < trimmed.len() { id.array() } else { Some(id) }
    }

    /// A type as it is written in a cast.
    pub(super) fn written_type(&self, text: &str) -> Option<TypeId> {
        if let Some(data_type) = DataType::parse(text) {
            return self.builtin(&data_type);
        }
        let plain = text.strip_prefix("public.").unwrap_or(text);
        let element = plain.strip_suffix("[]").unwrap_or(plain);
        let folded = match element.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) => inner.to_owned(),
            None => element.to_lowercase(),
        };
        let number = self.enums.iter().position(|one| one.name == folded);
        match number {
            Some(number) => self.enum_type(number, element.len() < plain.len()),
            None => self.extension_type(plain),
        }
    }
}

fn majors(major: Option<u32>) -> Vec<Major> {
    match major {
        Some(..=15) => vec![Major::Fifteen],
        Some(18..) => vec![Major::Eighteen],
        _ => vec![Major::Fifteen, Major::Eighteen],
    }
}
