//! The crate in which people handle the events of a service.

use super::Checked;
use crate::backends::consumers::{self, Scaffold};
use crate::semantic::model::ServiceId;
use crate::templates::{TemplateError, Templates};
use crate::wire::{self, Index, Uses};

/// The crate in which people handle what a service consumes; none where all of that follows from the register. `workspace` is
/// the path of the folder `consumers` of the output, as seen from the crate.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn consumer_scaffold(
    checked: &Checked,
    templates: &Templates,
    service: ServiceId,
    workspace: &str,
) -> Result<Option<Scaffold>, TemplateError> {
    let (register, locks) = (&checked.register, &checked.locks);
    let uses = Uses::of(register);
    let mut index = Index::default();
    for (id, declared) in register.services.iter() {
        let mut lock = locks.service(declared.name.as_str()).clone();
        index.extend(wire::lower(register, &uses, id, &mut lock).index);
    }
    consumers::scaffold(consumers::Context { templates, register, locks, wire: &index }, service, workspace)
}
