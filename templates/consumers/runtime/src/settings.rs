//! Settings, from the environment of the process.

use std::env::{self, VarError};

/// A variable that is missing or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It is not set.
    #[error("the variable {0} is not set")]
    Missing(&'static str),
    /// It is set to something that is no text.
    #[error("the variable {0} is no text in UTF-8")]
    NotText(&'static str),
    /// Some of several are set that belong together.
    #[error("{set} is set, but {missing} is not: set all of them or none")]
    Incomplete {
        /// One that is set.
        set: &'static str,
        /// One that is not.
        missing: &'static str,
    },
    /// It has a value that cannot be used.
    #[error("the variable {name} {problem}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong with its value, which may be a secret and is not shown.
        problem: &'static str,
    },
    /// It asks for something that this program was built without.
    #[error("{name} is set, but this program was built without the feature `{feature}`")]
    NotBuilt {
        /// The variable.
        name: &'static str,
        /// The feature of the crate.
        feature: &'static str,
    },
}

/// The value of a variable; none where it is not set or empty.
///
/// # Errors
/// It is no text.
pub fn optional(name: &'static str) -> Result<Option<String>, SettingsError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(SettingsError::NotText(name)),
    }
}

/// The value of a variable.
///
/// # Errors
/// It is not set, empty or no text.
pub fn required(name: &'static str) -> Result<String, SettingsError> {
    optional(name)?.ok_or(SettingsError::Missing(name))
}
