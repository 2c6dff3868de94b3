//! Values of enums as PostgreSQL has them.

use runtime::consumer::HandlingError;
{%- for label in view.parts %}

/// The label of a value of {{ label.doc }}.
///
/// # Errors
/// This program is too old to know the value.
pub(crate) fn {{ label.function }}(value: i32) -> Result<&'static str, HandlingError> {
    let known = {{ label.message }}::try_from(value)?;
    match known.as_str_name() {
{%- for value in label.values %}
        {{ value.name }} => Ok({{ value.label }}),
{%- endfor %}
        name => Err(format!("`{name}` is no value to store").into()),
    }
}
{%- if label.has_list | flag %}

/// The labels of a list of such values.
pub(crate) fn {{ label.list_function }}(values: &[i32]) -> Result<Vec<&'static str>, HandlingError> {
    values.iter().copied().map({{ label.function }}).collect()
}
{%- endif %}
{%- endfor %}
