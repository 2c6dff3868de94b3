//! Types of columns, and what expressions may use, in the database of a service.

use crate::semantic::Register;
use crate::semantic::model::{ColumnType, EnumId, Service, ServiceId};
use crate::sql::{EnumValues, Surroundings, TypeId};
use foldhash::HashMap;

/// What the expressions of a service may use.
pub struct ServiceTypes {
    /// Extensions, enums and statements of the service.
    pub surroundings: Surroundings,
    service: ServiceId,
    enums: HashMap<EnumId, usize>,
}

impl ServiceTypes {
    /// Linear in what the service declares.
    pub fn new(register: &Register, id: ServiceId) -> ServiceTypes {
        let service = &register.services[id];
        let statements = service.sql.iter().map(|node| node.up.as_str());
        let extensions = service.extensions.iter().map(|extension| extension.as_str());
        ServiceTypes {
            surroundings: Surroundings::new(
                major(register),
                extensions,
                enums(register, service),
                statements,
            ),
            service: id,
            enums: service.enums.iter().enumerate().map(|(number, id)| (*id, number)).collect(),
        }
    }

    /// The type of a column of one of the service's tables; `None` where it is not known.
    pub fn of(&self, column_type: &ColumnType) -> Option<TypeId> {
        match column_type {
            ColumnType::Builtin(data_type) => self.surroundings.builtin(data_type),
            ColumnType::Enum(id, dimensions) => {
                self.surroundings.enum_type(*self.enums.get(id)?, *dimensions > 0)
            }
            ColumnType::Extension(name) => self.surroundings.extension_type(name),
            ColumnType::Unknown(_) => None,
        }
    }

    /// The type that a column has in a read copy of the service. Enums of its owner become text there.
    pub fn of_copy(&self, register: &Register, column_type: &ColumnType) -> Option<TypeId> {
        match column_type {
            ColumnType::Enum(id, dimensions) if register.enums[*id].service != self.service => {
                let text = TypeId::named("text")?;
                if *dimensions > 0 { text.array() } else { Some(text) }
            }
            // Text, where the service lacks the extension.
            ColumnType::Extension(_) => None,
            other => self.of(other),
        }
    }

    /// The name of an enum's values by its number in the service.
    pub fn enum_values<'a>(&self, register: &'a Register, number: usize) -> Vec<&'a str> {
        let id = register.services[self.service].enums.get(number);
        let values = id.map(|id| register.enums[*id].values.iter().map(|value| value.name.as_str()));
        values.map(Iterator::collect).unwrap_or_default()
    }
}

/// The major version of the platform's PostgreSQL, where it says one.
fn major(register: &Register) -> Option<u32> {
    let version = register.platform.postgres_version.as_ref()?;
    version.as_str().split('.').next()?.trim().parse().ok()
}

fn enums(register: &Register, service: &Service) -> Vec<EnumValues> {
    let values = |id: &EnumId| {
        let declared = &register.enums[*id];
        let values = declared.values.iter().map(|value| value.name.value.clone());
        EnumValues { name: declared.name.value.clone(), values: values.collect() }
    };
    service.enums.iter().map(values).collect()
}
