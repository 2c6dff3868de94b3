//! Columns of tables, with those that shapes give.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{Column, ColumnType, Located, ServiceId};
use crate::semantic::read::Reader;
use crate::semantic::wording::{UNCOMPARED, shown, suggest};
use crate::source::Place;
use crate::sql::{self, DataType, TypeFamily};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

/// PostgreSQL manual, appendix "PostgreSQL Limits".
const MOST_COLUMNS: usize = 1600;

impl<'a> Resolver<'a> {
    /// The columns of a table in order; those of a shape stand where `use` stands.
    pub(super) fn table_columns(&mut self, service: ServiceId, reader: Reader<'a>) -> Vec<Column> {
        // Exactly as many as most tables need: columns are most of what a register holds.
        let count = reader.children_named("column").count();
        let mut columns: Vec<Column> = Vec::with_capacity(count);
        let mut first: HashMap<String, Place> = HashMap::with_capacity(count);
        let mut used: HashMap<String, Place> = HashMap::new();
        for child in reader.children() {
            match child.spec.name {
                "column" => self.add_column(service, child, None, &mut columns, &mut first),
                "use" => {
                    for name in child.arguments_from(0) {
                        if let Some(first) = used.get(name.as_str()) {
                            self.named_twice("shape", &name, *first);
                            continue;
                        }
                        used.insert(name.value.clone(), name.place);
                        if let Some((shape, used_at)) = self.shape(&name) {
                            for node in shape.children_named("column") {
                                self.add_column(service, node, Some(used_at), &mut columns, &mut first);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        columns
    }

    fn shape(&mut self, name: &Located<String>) -> Option<(Reader<'a>, Place)> {
        if let Some(shape) = self.shapes.get(name.as_str()) {
            return Some((*shape, name.place));
        }
        let finding = Finding::error("unknown-name", format!("there is no shape `{}`", shown(name.as_str())))
            .at(name.place, "no such shape");
        let compared = self.names_to_compare.min(self.shapes.len());
        self.names_to_compare -= compared;
        let compared_none = compared == 0 && !self.shapes.is_empty();
        self.findings.push(match compared_none {
            true => finding.help(UNCOMPARED),
            false => suggest(finding, name.as_str(), self.shapes.keys().copied().take(compared)),
        });
        None
    }

    /// The table's own node and the shapes that it uses, each with the place of its `use`.
    pub(super) fn with_shapes(&self, reader: Reader<'a>) -> Vec<(Reader<'a>, Option<Place>)> {
        let mut readers = vec![(reader, None)];
        let mut used: HashSet<String> = HashSet::new();
        for child in reader.children_named("use") {
            for name in child.arguments_from(0).into_iter().filter(|name| used.insert(name.value.clone())) {
                readers.extend(self.shapes.get(name.as_str()).map(|shape| (*shape, Some(name.place))));
            }
        }
        readers
    }

    fn add_column(
        &mut self,
        service: ServiceId,
        reader: Reader<'_>,
        used_at: Option<Place>,
        columns: &mut Vec<Column>,
        first: &mut HashMap<String, Place>,
    ) {
        let (Some(name), Some(type_name)) = (reader.argument(0), reader.type_argument()) else { return };
        let own_place = used_at.unwrap_or(name.place);
        if let Some(place) = first.get(name.as_str()) {
            // A shape that has two of a name was reported by itself.
            if used_at != Some(*place) {
                let name = Located::new(name.value, own_place);
                self.duplicate("columns", &name, *place);
            }
            return;
        }
        first.insert(name.value.clone(), own_place);
        if columns.len() == MOST_COLUMNS {
            self.too_many_columns(first.len(), own_place);
            return;
        }
        let flags = reader.flags();
        let is_flagged = |name: &str| flags.iter().any(|(flag, _)| *flag == name);
        if used_at.is_none() {
            self.contradictions(reader, &name);
        }
        let data_type = Located::new(self.column_type(service, type_name.as_str()), type_name.place);
        if let Some((_, place)) = flags.iter().find(|(flag, _)| *flag == "identity") {
            self.identity_type(*place, &data_type);
        }
        columns.push(Column {
            name,
            was: reader.text("was").map(Box::new),
            data_type,
            nullable: is_flagged("nullable"),
            identity: is_flagged("identity"),
            private: is_flagged("private"),
            pii: is_flagged("pii"),
            default: reader.literal("default").map(Box::new),
            default_sql: reader.text("default-sql").map(Box::new),
            generated_sql: reader.text("generated-sql").map(Box::new),
            on_update_sql: reader.text("on-update-sql").map(Box::new),
            backfill_sql: reader.text("backfill-sql").map(Box::new),
            summary: reader.text("summary").map(Box::new),
            used_at,
            place: reader.node.place(),
        });
    }

    /// PostgreSQL numbers rows with whole numbers only.
    fn identity_type(&mut self, place: Place, data_type: &Located<ColumnType>) {
        let is_whole = match &data_type.value {
            ColumnType::Builtin(builtin) => builtin.family() == TypeFamily::Integer && !builtin.is_array(),
            ColumnType::Unknown(_) => true, // reported as such
            ColumnType::Enum(..) | ColumnType::Extension(_) => false,
        };
        if !is_whole {
            self.findings.push(
                Finding::error("contradiction", "`identity` gives whole numbers, which the type does not hold")
                    .at(place, "numbered here")
                    .at(data_type.place, "the type")
                    .help("take `bigint` as the type, or a `default-sql` such as `gen_random_uuid()` in place of `identity`"),
            );
        }
    }

    /// Says once that a table has too many columns: at the first that is one too many.
    fn too_many_columns(&mut self, count: usize, place: Place) {
        if count == MOST_COLUMNS + 1 {
            let what = format!("a table has at most {MOST_COLUMNS} columns");
            self.findings.push(
                Finding::error("repeated-node", what)
                    .at(place, "the first one too many")
                    .help("divide the table into several"),
            );
        }
    }

    /// Properties and flags of a column that PostgreSQL does not take together.
    pub(super) fn contradictions(&mut self, reader: Reader<'_>, name: &Located<String>) {
        let required = reader.spec.arguments.fixed.len();
        if reader.node.entries().len() < required + 2 {
            return; // it takes two to contradict each other
        }
        let tree = reader.node.tree;
        let property = |key: &str, shown: &'static str| {
            let mut names = reader.node.entries().iter().filter_map(|entry| entry.name);
            names.find(|text| tree.string(*text) == key).map(|text| (shown, tree.place(text.span)))
        };
        let flags = reader.flags();
        let flag = |key: &'static str| flags.iter().find(|(flag, _)| *flag == key).copied();
        let generated = property("generated-sql", "generated-sql=");
        let mut value_sources = [
            property("default", "default="),
            property("default-sql", "default-sql="),
            generated,
            flag("identity"),
        ]
        .into_iter()
        .flatten();
        let pairs = [
            value_sources.next().zip(value_sources.next()),
            flag("nullable").zip(flag("identity")),
            flag("nullable").zip(flag("primary-key")),
            generated.zip(property("on-update-sql", "on-update-sql=")),
            flag("unique").zip(flag("primary-key")),
        ];
        for ((one, one_place), (other, other_place)) in pairs.into_iter().flatten() {
            let what =
                format!("the column `{}` cannot have both `{one}` and `{other}`", shown(name.as_str()));
            self.findings.push(
                Finding::error("contradiction", what)
                    .at(other_place, format!("`{other}`"))
                    .at(one_place, format!("`{one}`"))
                    .help("keep the one that is meant"),
            );
        }
    }

    /// What a type means in a service.
    pub(super) fn column_type(&mut self, service: ServiceId, text: &str) -> ColumnType {
        let mut element = text.trim();
        let mut dimensions = 0u8;
        while let Some(shorter) = element.strip_suffix("[]") {
            element = shorter.trim_end();
            dimensions = dimensions.saturating_add(1);
        }
        if let Some(id) = self.names.enums.get(&(service, element.to_owned())) {
            return ColumnType::Enum(*id, dimensions);
        }
        // A register uses few types, each of them very often.
        let builtin = match self.types.get(text) {
            Some(known) => known.clone(),
            None => {
                let read = DataType::parse(text);
                self.types.insert(text.to_owned(), read.clone());
                read
            }
        };
        if let Some(data_type) = builtin {
            return ColumnType::Builtin(data_type);
        }
        self.extension_type(service, text).unwrap_or_else(|| ColumnType::Unknown(text.to_owned()))
    }

    /// The type that an extension of the service brings. Of an extension that is not on our list nobody knows
    /// its types, so a service that has one may use any.
    fn extension_type(&self, service: ServiceId, text: &str) -> Option<ColumnType> {
        let extensions = &self.register.services[service].extensions;
        let known = extensions.iter().find_map(|extension| sql::extension_type(extension.as_str(), text));
        let from_unknown = || {
            let has_unknown = extensions.iter().any(|extension| !sql::is_known_extension(extension.as_str()));
            has_unknown.then(|| text.trim().to_owned())
        };
        known.or_else(from_unknown).map(ColumnType::Extension)
    }
}
