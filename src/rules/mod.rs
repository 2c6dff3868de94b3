//! The rules: one file each, with its page, an example that fires and one that passes.
//! To add one: write `src/rules/<name>.rs` with `pub(super) const RULE`, and name it in `mod` and [`RULES`].
//! What several rules share lies in `support`.

mod cascade_cycle;
mod compact_key_not_id;
mod connection_budget_exceeded;
mod cross_service_foreign_key;
mod default_type_mismatch;
mod delete_event_missing;
mod deploy_without_image;
mod duplicate_table;
mod entity_name_missing;
mod event_without_consumer;
mod expired_allow;
mod extern_without_namespace;
mod foreign_key_cycle;
mod foreign_key_target_not_unique;
mod foreign_key_to_read_copy;
mod foreign_key_type_mismatch;
mod foreign_key_without_index;
mod illegal_name;
mod implicit_reference;
mod invalid_expression;
mod monthly_budget_exceeded;
mod name_collision;
mod nullify_not_nullable;
mod partition_key_not_in_primary_key;
mod pii_in_event;
mod pii_in_projection;
mod private_column_exposed;
mod projection_column_not_carried;
mod projection_of_projection;
mod redundant_index;
mod reference_target_not_a_key;
mod reference_type_mismatch;
mod reference_within_service;
mod reserved_variable;
mod retention_without_events;
mod rpc_timeout_too_long;
mod service_cycle;
mod shared_database;
mod soft_delete_column_missing;
mod store_network_not_named;
mod support;
mod table_without_primary_key;
mod topic_id_not_unique;
mod topic_without_database;
mod unknown_extension;
mod unknown_type;
mod unsupported_index;
mod unused_allow;
mod verify_without_means;

use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;

pub use support::apply::apply;

/// How much of a register a rule has to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One table at a time.
    Table,
    /// One service at a time.
    Service,
    /// The whole register.
    Platform,
}

/// A rule.
pub struct Rule {
    /// Its name, in kebab-case; reads well after `allow`. The file has the same name with `_`.
    pub name: &'static str,
    /// How grave its findings are unless `lint` says otherwise.
    pub severity: Severity,
    /// How much of a register it has to see.
    pub scope: Scope,
    /// Why neither `allow` nor `lint` can silence it: what would come of a register in which it fires, as a phrase. `None`: people
    /// may know better.
    pub unsilenceable: Option<&'static str>,
    /// What it does, why what it finds is bad, and how to mend it: Markdown, in sections of the second level.
    pub page: &'static str,
    /// A register in which it fires, and no other rule.
    pub fires: &'static str,
    /// The same register mended: nothing fires.
    pub passes: &'static str,
    /// Finds.
    pub check: fn(&Register, &mut Vec<Finding>),
}

impl Rule {
    /// A finding of this rule, as grave as the rule is.
    pub fn finding(&self, message: impl Into<String>) -> Finding {
        Finding { severity: self.severity, ..Finding::error(self.name, message) }
    }

    /// The whole page as `explain` shows it: its name, its sections, the register that fires and the one that passes.
    pub fn explanation(&self) -> String {
        let level = match self.severity {
            Severity::Error => "an error",
            Severity::Warning => "a warning",
        };
        let (name, page, fires, passes) =
            (self.name, self.page.trim(), self.fires.trim(), self.passes.trim());
        let level = match self.unsilenceable {
            None => format!("By default {level}."),
            Some(why) => format!("Always {level}: it cannot be allowed, since {why}."),
        };
        format!(
            "# {name}\n\n{level}\n\n{page}\n\n## Example\n\n```kdl\n{fires}\n```\n\n## Mended\n\n```kdl\n{passes}\n```\n"
        )
    }
}

/// Every rule, by name.
pub const RULES: &[&Rule] = &[
    &cascade_cycle::RULE,
    &compact_key_not_id::RULE,
    &connection_budget_exceeded::RULE,
    &cross_service_foreign_key::RULE,
    &default_type_mismatch::RULE,
    &delete_event_missing::RULE,
    &deploy_without_image::RULE,
    &duplicate_table::RULE,
    &entity_name_missing::RULE,
    &event_without_consumer::RULE,
    &expired_allow::RULE,
    &extern_without_namespace::RULE,
    &foreign_key_cycle::RULE,
    &foreign_key_target_not_unique::RULE,
    &foreign_key_to_read_copy::RULE,
    &foreign_key_type_mismatch::RULE,
    &foreign_key_without_index::RULE,
    &illegal_name::RULE,
    &implicit_reference::RULE,
    &invalid_expression::RULE,
    &monthly_budget_exceeded::RULE,
    &name_collision::RULE,
    &nullify_not_nullable::RULE,
    &partition_key_not_in_primary_key::RULE,
    &pii_in_event::RULE,
    &pii_in_projection::RULE,
    &private_column_exposed::RULE,
    &projection_column_not_carried::RULE,
    &projection_of_projection::RULE,
    &redundant_index::RULE,
    &reference_target_not_a_key::RULE,
    &reference_type_mismatch::RULE,
    &reference_within_service::RULE,
    &reserved_variable::RULE,
    &retention_without_events::RULE,
    &rpc_timeout_too_long::RULE,
    &service_cycle::RULE,
    &shared_database::RULE,
    &soft_delete_column_missing::RULE,
    &store_network_not_named::RULE,
    &table_without_primary_key::RULE,
    &topic_id_not_unique::RULE,
    &topic_without_database::RULE,
    &unknown_extension::RULE,
    &unknown_type::RULE,
    &unsupported_index::RULE,
    &unused_allow::RULE,
    &verify_without_means::RULE,
];

/// The rule of a name. Logarithmic in the number of rules.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.binary_search_by_key(&name, |rule| rule.name).ok().map(|index| RULES[index])
}
