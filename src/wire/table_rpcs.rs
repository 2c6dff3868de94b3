//! The RPCs that are made from a table: `get`, `batch-get`, `exists`, `list`.

use super::fields::{WantedField, WantedMessage, of_each};
use super::file::{FieldType, File, Idempotency, Message, Presence, Scalar, TypeName};
use super::lowering::{Lowering, former};
use super::rpcs::{WantedMethod, Words};
use crate::lock::Origin;
use crate::names;
use crate::semantic::model::{ColumnIndex, Located, Rpc, RpcKind, Stream, TableId};

impl Lowering<'_> {
    pub fn table_rpc(&mut self, rpc: &Rpc, table: TableId, name: &str, file: &File) -> WantedMethod {
        let by = self.register.selecting_columns(rpc);
        match &rpc.kind {
            RpcKind::Get => self.get(table, &by),
            RpcKind::BatchGet { max } => self.batch_get(rpc, table, &by, *max, name, file),
            RpcKind::Exists => self.exists(table, &by),
            RpcKind::List { order, page_size } => self.list(table, &by, order, *page_size),
            RpcKind::Custom { .. } => self.method(Vec::new(), Vec::new(), Vec::new()),
        }
    }

    /// A phrase, for a table whose rows can be marked as deleted.
    fn if_marked(&self, table: TableId, phrase: &'static str) -> &'static str {
        if self.register.tables[table].soft_delete.is_some() { phrase } else { "" }
    }

    /// A method that reads.
    pub fn method(
        &self,
        documentation: Vec<Words>,
        request: Vec<WantedField>,
        response: Vec<WantedField>,
    ) -> WantedMethod {
        WantedMethod {
            documentation,
            request,
            in_request: Vec::new(),
            response,
            idempotency: Idempotency::NoSideEffects,
            stream: Stream::None,
        }
    }

    fn get(&self, table: TableId, by: &[ColumnIndex]) -> WantedMethod {
        let request = self.key_fields(table, by);
        let entity = self.entity_name(table);
        let deleted = self.if_marked(table, ", or it is marked as deleted");
        let documentation = vec![
            Words::text(format!("Gets the {entity} with this ")),
            Words::Asked(request.len()),
            Words::text(format!(". NOT_FOUND if there is none{deleted}.")),
        ];
        let row = self.rows(table, &names::protobuf_field(&entity), Presence::One);
        self.method(documentation, request, vec![row])
    }

    fn exists(&self, table: TableId, by: &[ColumnIndex]) -> WantedMethod {
        let request = self.key_fields(table, by);
        let name = &self.register.tables[table].name.value;
        let documentation = vec![
            Words::text(format!("Tells whether there is a row of `{name}` with this ")),
            Words::Asked(request.len()),
            Words::text(self.if_marked(table, " that is not marked as deleted")),
            Words::text("."),
        ];
        let exists = WantedField::scalar("exists", Scalar::Bool, "Whether there is one.");
        self.method(documentation, request, vec![exists])
    }

    fn batch_get(
        &mut self,
        rpc: &Rpc,
        table: TableId,
        by: &[ColumnIndex],
        max: u32,
        name: &str,
        file: &File,
    ) -> WantedMethod {
        let plural = names::plural(&self.entity_name(table));
        let fields = self.key_fields(table, by);
        let (keys, in_request) = match fields.as_slice() {
            [only] if !only.is_list => {
                let keys = WantedField {
                    name: names::plural(&only.name),
                    presence: Presence::Repeated,
                    ..only.clone()
                };
                (keys, Vec::new())
            }
            _ => {
                let (keys, message) = self.keys(rpc, name, fields, file);
                (keys, vec![message])
            }
        };
        let deleted = self.if_marked(table, ", or are marked as deleted,");
        let documentation = vec![
            Words::text(format!("Gets the {plural} with these ")),
            Words::Asked(1),
            Words::text(format!(", in no order. Those that do not exist{deleted} are named in ")),
            Words::Answered(1),
            Words::text(format!(". INVALID_ARGUMENT if there are more than {max}.")),
        ];
        let request = WantedField {
            documentation: with(&keys.documentation, &format!("At most {max} of them.")),
            ..keys.clone()
        };
        let missing = WantedField {
            name: format!("missing_{}", keys.name),
            documentation: vec!["Those asked for that do not exist.".to_owned()],
            ..keys
        };
        let rows = self.rows(table, &names::protobuf_field(&plural), Presence::Repeated);
        WantedMethod { in_request, ..self.method(documentation, vec![request], vec![rows, missing]) }
    }

    /// Keys of several columns, or of a list: a message declared in the request.
    fn keys(
        &mut self,
        rpc: &Rpc,
        name: &str,
        fields: Vec<WantedField>,
        file: &File,
    ) -> (WantedField, Message) {
        let key = format!("{}.key", rpc.name.value);
        let was: Vec<String> = former(rpc.was.as_ref()).iter().map(|was| format!("{was}.key")).collect();
        let wanted = WantedMessage {
            version: 1,
            origin: Origin::Request,
            key: &key,
            was: &super::fields::strs(&was),
            name: format!("{name}Request.Key"),
            documentation: vec!["What identifies one of them.".to_owned()],
            fields,
        };
        let path = file.path();
        let message = self.message(&file.package, &path, wanted);
        let type_name =
            TypeName { package: file.package.clone(), path, name: format!("{name}Request.{}", message.name) };
        (WantedField::own("keys", FieldType::Message(type_name), Presence::Repeated, ""), message)
    }

    fn list(
        &self,
        table: TableId,
        by: &[ColumnIndex],
        order: &[(Located<ColumnIndex>, bool)],
        page_size: u32,
    ) -> WantedMethod {
        let plural = names::plural(&self.entity_name(table));
        let mut request = self.key_fields(table, by);
        let selected = if request.is_empty() { "" } else { " with this " };
        let deleted = self.if_marked(table, " that are not marked as deleted,");
        let documentation = vec![
            Words::text(format!("Lists the {plural}{selected}")),
            Words::Asked(request.len()),
            Words::text(format!("{deleted} page by page{}.", self.order(table, by, order))),
        ];
        request.extend(page_request(page_size));
        let rows = self.rows(table, &names::protobuf_field(&plural), Presence::Repeated);
        self.method(documentation, request, vec![rows, next_page()])
    }

    /// `, ordered by ...`: the columns of `order=`, then those that identify, so that no row is on two pages. Those that
    /// select have one value.
    fn order(&self, table: TableId, by: &[ColumnIndex], order: &[(Located<ColumnIndex>, bool)]) -> String {
        let Some(entity) = self.entity(table) else { return String::new() };
        let identity = self.register.identifying_columns(table);
        let is_new = |column: &ColumnIndex| {
            !by.contains(column) && !order.iter().any(|(ordered, _)| ordered.value == *column)
        };
        let stated = order.iter().map(|(column, descends)| (column.value, *descends));
        let columns = stated.chain(identity.into_iter().filter(is_new).map(|column| (column, false)));
        let parts: Vec<String> = columns
            .filter_map(|(column, descends)| {
                let name = entity.fields.get(&column)?;
                Some(if descends { format!("`{name}` descending") } else { format!("`{name}`") })
            })
            .collect();
        if parts.is_empty() { String::new() } else { format!(", ordered by {}", parts.join(", then ")) }
    }

    /// The columns that select, each with a value.
    fn key_fields(&self, table: TableId, by: &[ColumnIndex]) -> Vec<WantedField> {
        let table = &self.register.tables[table];
        by.iter().map(|column| self.column_field(table, *column, true)).collect()
    }

    /// Rows in a response.
    fn rows(&self, table: TableId, name: &str, presence: Presence) -> WantedField {
        let kind = match self.entity(table) {
            Some(entity) => FieldType::Message(entity.name.clone()),
            None => FieldType::Scalar(Scalar::String),
        };
        // The name follows the entity's; the field is the same under another one.
        WantedField { key: "rows".to_owned(), ..WantedField::own(name, kind, presence, "") }
    }
}

/// What a request for a page has.
pub(super) fn page_request(page_size: u32) -> [WantedField; 2] {
    let size = format!("How many rows at most, from 1 to {page_size}; anything else means {page_size}.");
    let token = "The `next_page_token` of the page before; empty for the first one.";
    [
        WantedField::scalar("page_size", Scalar::Int32, &size),
        WantedField::scalar("page_token", Scalar::String, token),
    ]
}

/// What a page has beside its rows.
pub(super) fn next_page() -> WantedField {
    WantedField::scalar(
        "next_page_token",
        Scalar::String,
        "Asks for the next page; empty where there is none.",
    )
}

/// What is said of one value, said of each, and a sentence more.
fn with(documentation: &[String], sentence: &str) -> Vec<String> {
    let each = documentation.first().map(|text| format!("{} ", of_each(text)));
    vec![format!("{}{sentence}", each.unwrap_or_default())]
}
