{{ view.introduction }}
-- Queries stand under headings that say for which check they are, and how many lines follow.
--
{%- for explanation in view.explanations %}
{{ explanation }}
{%- endfor %}
{% for section in view.sections %}
-- == {{ section.name }}: {{ section.lines }} lines
{{ section.text }}
{% endfor %}
