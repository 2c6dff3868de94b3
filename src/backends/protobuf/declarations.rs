//! Services, messages and enums as text, in the format of `buf format`.

use super::comment::comment;
use super::names::{identifier, is_hidden, type_name};
use crate::wire::{
    EnumType, Field, FieldType, File, Idempotency, Message, Method, Oneof, Presence, Reserved, Service,
};
use std::fmt::Write;

/// The option of methods that is declared in the annotations.
const METHOD_OPTION: &str = "freehold.annotations.v1.method";

/// Whether a file needs the annotations: its methods have time limits.
pub(super) fn uses_annotations(file: &File) -> bool {
    file.services.iter().any(|service| !service.methods.is_empty())
}

/// Writes the declarations of one file.
pub(super) struct Printer<'a> {
    package: &'a str,
}

impl<'a> Printer<'a> {
    pub fn new(package: &'a str) -> Printer<'a> {
        Printer { package }
    }

    /// Services, then messages, then enums, in order.
    pub fn declarations(&self, file: &File) -> Vec<String> {
        let services = file.services.iter().map(|service| self.service(service));
        let messages = file.messages.iter().map(|message| self.message(message, 0));
        let enums = file.enums.iter().map(|declared| self.enumeration(declared));
        services.chain(messages).chain(enums).collect()
    }

    fn service(&self, service: &Service) -> String {
        let methods: Vec<String> = service.methods.iter().map(|method| self.method(method)).collect();
        let head = format!("service {}", identifier(&service.name));
        block(&service.documentation, 0, &head, &[methods.join("\n\n")])
    }

    fn method(&self, method: &Method) -> String {
        let type_of = |name, streams| {
            let name = type_name(name, self.package, &[]);
            if streams { format!("stream {name}") } else { name }
        };
        let head = format!(
            "rpc {}({}) returns ({})",
            identifier(&method.name),
            type_of(&method.request, method.client_streams),
            type_of(&method.response, method.server_streams)
        );
        let mut options = Vec::new();
        options.extend(match method.idempotency {
            Idempotency::Unknown => None,
            Idempotency::NoSideEffects => Some("    option idempotency_level = NO_SIDE_EFFECTS;".to_owned()),
            Idempotency::Idempotent => Some("    option idempotency_level = IDEMPOTENT;".to_owned()),
        });
        let point = if is_hidden(METHOD_OPTION, self.package) { "." } else { "" };
        let mut option = format!("    option ({point}{METHOD_OPTION}) = {{");
        // Writing to a String cannot fail.
        let _ = match method.cache_seconds {
            None => write!(option, "timeout_ms: {}}};", method.timeout_ms),
            Some(seconds) => write!(
                option,
                "\n      timeout_ms: {}\n      cache_seconds: {seconds}\n    }};",
                method.timeout_ms
            ),
        };
        options.push(option);
        block(&method.documentation, 2, &head, &[options.join("\n")])
    }

    fn message(&self, message: &Message, indent: usize) -> String {
        let nested: Vec<&str> = message.messages.iter().map(|message| message.name.as_str()).collect();
        let inner = indent + 2;
        let mut parts = Vec::new();
        parts.extend(reserved(&message.reserved, inner));
        parts.extend(message.messages.iter().map(|message| self.message(message, inner)));
        let fields: Vec<String> =
            message.fields.iter().map(|field| self.field(field, inner, &nested)).collect();
        parts.push(fields.join("\n"));
        parts.extend(message.oneof.as_ref().map(|oneof| self.oneof(oneof, inner, &nested)));
        block(&message.documentation, indent, &format!("message {}", identifier(&message.name)), &parts)
    }

    fn oneof(&self, oneof: &Oneof, indent: usize, nested: &[&str]) -> String {
        let fields: Vec<String> =
            oneof.fields.iter().map(|field| self.field(field, indent + 2, nested)).collect();
        block(
            &oneof.documentation,
            indent,
            &format!("oneof {}", identifier(&oneof.name)),
            &[fields.join("\n")],
        )
    }

    fn field(&self, field: &Field, indent: usize, nested: &[&str]) -> String {
        let label = match field.presence {
            Presence::One => "",
            Presence::Optional => "optional ",
            Presence::Repeated => "repeated ",
        };
        let kind = match &field.kind {
            FieldType::Scalar(scalar) => scalar.name().to_owned(),
            FieldType::Message(name) | FieldType::Enum(name) => self.field_type(name, nested),
        };
        let options = if field.is_personal { " [debug_redact = true]" } else { "" };
        let line = format!("{label}{kind} {} = {}{options};", identifier(&field.name), field.number);
        with_comment(&field.documentation, indent, &line)
    }

    /// A nested type is named by its last part in the message that declares it.
    fn field_type(&self, name: &crate::wire::TypeName, nested: &[&str]) -> String {
        match name.name.rsplit_once('.') {
            Some((_, inner)) if nested.contains(&inner) => identifier(inner),
            _ => type_name(name, self.package, nested),
        }
    }

    fn enumeration(&self, declared: &EnumType) -> String {
        let values: Vec<String> = declared
            .values
            .iter()
            .map(|value| {
                let line = format!("{} = {};", identifier(&value.name), value.number);
                with_comment(&value.documentation, 2, &line)
            })
            .collect();
        let mut parts: Vec<String> = reserved(&declared.reserved, 2).into_iter().collect();
        parts.push(values.join("\n"));
        block(&declared.documentation, 0, &format!("enum {}", identifier(&declared.name)), &parts)
    }
}

/// A declaration with braces: its parts with an empty line between them; the empty ones are left out.
fn block(documentation: &[String], indent: usize, head: &str, parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let line = match parts.as_slice() {
        [] => format!("{head} {{}}"),
        parts => format!("{head} {{\n{}\n{:indent$}}}", parts.join("\n\n"), ""),
    };
    with_comment(documentation, indent, &line)
}

fn with_comment(documentation: &[String], indent: usize, line: &str) -> String {
    let comment = comment(documentation, indent);
    let line_feed = if comment.is_empty() { "" } else { "\n" };
    format!("{comment}{line_feed}{:indent$}{line}", "")
}

/// `reserved 2, 5;` and `reserved "a", "b";`.
fn reserved(reserved: &Reserved, indent: usize) -> Option<String> {
    let numbers: Vec<String> = reserved.numbers.iter().map(u32::to_string).collect();
    let names: Vec<String> = reserved.names.iter().map(|name| format!("\"{}\"", identifier(name))).collect();
    let lines = [numbers, names].into_iter().filter(|list| !list.is_empty());
    let lines: Vec<String> =
        lines.map(|list| format!("{:indent$}reserved {};", "", list.join(", "))).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
