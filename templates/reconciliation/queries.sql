{{ view.introduction }}
{% for query in view.queries %}
{{ query }}
{% endfor %}
