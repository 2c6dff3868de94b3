//! The consumer groups of the service. Each hears every event of its topics.
{% for group in view.groups %}
pub mod {{ group.name }};
{%- endfor %}
