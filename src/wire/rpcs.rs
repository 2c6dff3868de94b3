//! What others may ask a service: its RPCs with their requests and responses, by version.

use super::fields::{WantedField, WantedMessage};
use super::file::{Field, File, Idempotency, Message, Method, Service};
use super::index::MethodOnWire;
use super::lowering::{Lowering, documentation, former, listed, type_name};
use crate::lock::{Origin, RpcKey};
use crate::names;
use crate::semantic::model::{Located, Rpc, RpcId, RpcKind, Stream};
use std::collections::BTreeMap;

/// An RPC without its names and numbers.
pub(super) struct WantedMethod {
    /// What it does; the words of the register come before.
    pub documentation: Vec<Words>,
    pub request: Vec<WantedField>,
    /// Messages declared in the request.
    pub in_request: Vec<Message>,
    pub response: Vec<WantedField>,
    pub idempotency: Idempotency,
    pub stream: Stream,
}

/// A part of a sentence about a method. Fields have the names that the lock gives them, which nobody knows before.
pub(super) enum Words {
    /// As it is.
    Text(String),
    /// The first fields of the request, so many.
    Asked(usize),
    /// The field of the response at this place.
    Answered(usize),
}

impl Words {
    pub fn text(text: impl Into<String>) -> Words {
        Words::Text(text.into())
    }

    fn shown(&self, request: &Message, response: &Message) -> String {
        let names = |fields: &[Field]| listed(fields.iter().map(|field| field.name.as_str()));
        match self {
            Words::Text(text) => text.clone(),
            Words::Asked(count) => names(request.fields.get(..*count).unwrap_or_default()),
            Words::Answered(place) => names(response.fields.get(*place..=*place).unwrap_or_default()),
        }
    }
}

impl Lowering<'_> {
    /// A file for each version that an RPC has.
    pub fn rpcs(&mut self) -> Vec<File> {
        let mut files: BTreeMap<u32, File> = BTreeMap::new();
        for id in &self.service.rpcs {
            let rpc = &self.register.rpcs[*id];
            let file = files.entry(rpc.version()).or_insert_with(|| self.rpc_file(rpc.version()));
            self.add_rpc(*id, rpc, file);
        }
        files.into_values().collect()
    }

    fn rpc_file(&self, version: u32) -> File {
        let name = &self.service.name.value;
        let mut file = self.file(self.package(version), "_service", &format!("RPCs of {name}."));
        let excludes: Vec<&str> = self.service.excludes.iter().map(|text| text.as_str()).collect();
        let excludes = match excludes.as_slice() {
            [] => String::new(),
            excludes => format!("Not its business: {}.", excludes.join(", ")),
        };
        let documentation = documentation(self.service.summary.as_ref(), &excludes);
        file.services.push(Service { name: self.rpc_service.clone(), documentation, methods: Vec::new() });
        file
    }

    fn add_rpc(&mut self, id: RpcId, rpc: &Rpc, file: &mut File) {
        let version = rpc.version();
        let was = former(rpc.was.as_ref());
        let key = RpcKey { version, name: rpc.name.value.clone() };
        let name = self.lock.rpc(&key, &was, &names::protobuf_message(rpc.name.as_str()));
        let wanted = match (&rpc.kind, rpc.table) {
            (RpcKind::Custom { request, response, stream, idempotent, .. }, _) => WantedMethod {
                documentation: Vec::new(),
                request: self.declared_fields(request),
                in_request: Vec::new(),
                response: self.declared_fields(response),
                idempotency: if *idempotent { Idempotency::Idempotent } else { Idempotency::Unknown },
                stream: *stream,
            },
            (_, Some(table)) => self.table_rpc(rpc, table, &name, file),
            (_, None) => return,
        };
        let path = file.path();
        let mut message = |origin, documentation, name, fields| {
            let key = rpc.name.as_str();
            let wanted = WantedMessage { version, origin, key, was: &was, name, documentation, fields };
            self.message(&file.package, &path, wanted)
        };
        let says = vec![format!("Request of `{name}`.")];
        let mut request = message(Origin::Request, says, format!("{name}Request"), wanted.request);
        request.messages.extend(wanted.in_request);
        let says = vec![format!("Response of `{name}`.")];
        let response = message(Origin::Response, says, format!("{name}Response"), wanted.response);
        let words: String =
            wanted.documentation.iter().map(|words| words.shown(&request, &response)).collect();
        let method = Method {
            documentation: documentation(rpc.summary.as_ref(), &words),
            request: type_name(file, &request.name),
            response: type_name(file, &response.name),
            client_streams: matches!(wanted.stream, Stream::Client | Stream::Both),
            server_streams: matches!(wanted.stream, Stream::Server | Stream::Both),
            idempotency: wanted.idempotency,
            timeout_ms: self.timeout_ms(rpc.timeout_ms.as_ref()),
            cache_seconds: self.uses.cache_seconds.get(&id).copied(),
            name,
        };
        let on_wire = MethodOnWire {
            service: type_name(file, &self.rpc_service),
            name: method.name.clone(),
            request: method.request.clone(),
            request_fields: request.fields.clone(),
            response: method.response.clone(),
            response_fields: response.fields.clone(),
            timeout_ms: method.timeout_ms,
        };
        self.index.rpcs.insert(id, on_wire);
        file.messages.extend([request, response]);
        if let Some(service) = file.services.first_mut() {
            service.methods.push(method);
        }
    }

    /// The time limit that is stated, or else the platform's, in milliseconds.
    pub fn timeout_ms(&self, stated: Option<&Located<u32>>) -> u32 {
        stated.map_or(self.register.platform.rpc.default_timeout_ms, |timeout| timeout.value)
    }
}
